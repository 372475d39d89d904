//! Logos against a fresh Postgres.

use super::*;
use crate::testing::*;

/// A picture of one colour with a comment in it.
fn drawn(width: u32, height: u32, words: &str) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.add_text_chunk(String::from("Comment"), words.to_owned()).expect("a comment");
    let mut writer = encoder.write_header().expect("a header");
    writer.write_image_data(&[11, 83, 148, 255].repeat((width * height) as usize)).expect("points");
    writer.finish().expect("an end");
    file
}

/// What comes out is what is seen and nothing else; what is no logo is refused with what is wrong with it.
#[test]
fn what_is_read_is_written_anew() {
    let png = read(&drawn(120, 40, "drawn at home")).expect("a logo");
    let header = png::Decoder::new(Cursor::new(&png)).read_info().expect("a picture");
    assert_eq!(header.info().size(), (120, 40));
    assert!(!png.windows(4).any(|bytes| bytes == b"home"), "no comment");
    assert_eq!(id_of(&png), id_of(&read(&drawn(120, 40, "elsewhere")).expect("a logo")), "the same to the eye");
    assert_eq!(id_of(&png), id_of(&read(&png).expect("a logo")), "and written once more");
    let refused = |file: &[u8]| read(file).expect_err("no logo");
    let whole = drawn(120, 40, "");
    assert!(refused(&[0; 20_001]).contains("20001 bytes; 20000"), "{}", refused(&[0; 20_001]));
    for (file, words) in [
        (drawn(801, 40, ""), "801 × 40 pixels"),
        (drawn(15, 40, ""), "15 × 40 pixels"),
        (drawn(40, 401, ""), "40 × 401 pixels"),
        (whole[..whole.len() / 2].to_vec(), "cannot be read as PNG"),
        (b"<svg onload='alert(1)'/>".to_vec(), "cannot be read as PNG"),
        (Vec::new(), "cannot be read as PNG"),
    ] {
        assert!(refused(&file).contains(words), "{words}: {}", refused(&file));
    }
}

/// The policy names the logo; a document cannot name one that is not the tenant's own, and no other tenant's address gives it.
#[tokio::test]
async fn the_policy_names_a_logo_of_the_tenants_own() {
    let noord = TestApp::new().await;
    let zuid = noord.neighbour("zuid").await;
    let directory = noord.domain.directory();
    let [of_noord, of_zuid] = ["noord", "zuid"].map(|slug| Slug::parse(slug).expect("a short name"));
    let first = directory.set_logo(&noord.admin, drawn(120, 40, ""), "a new house style").await.expect("a logo");
    let shown = async || directory.policy(&noord.admin).await.expect("a policy").1.appearance.logo;
    assert_eq!(shown().await, Some(first));
    assert_eq!(noord.number("select count(*) from audit_log where event = 'policy.published'").await, 1);
    assert!(directory.logo(&of_noord, first).await.expect("an answer").is_some());
    assert!(directory.logo(&of_zuid, first).await.expect("an answer").is_none(), "another tenant's");
    let (_, mut theirs) = directory.policy(&zuid.admin).await.expect("a policy");
    theirs.appearance.logo = Some(first);
    let refused = directory.publish_policy(&zuid.admin, theirs).await.expect_err("not theirs").to_string();
    assert!(refused.contains("appearance.logo") && refused.contains(&first.to_string()), "{refused}");
    let before = noord.rows().await;
    let refused = directory.set_logo(&noord.admin, b"GIF89a".to_vec(), "x").await;
    assert!(matches!(refused, Err(DirectoryError::Logo(_))), "{refused:?}");
    let reader = Admin::new(noord.tenant, Who::Member(MemberId(Uuid::nil())), vec![Role::Reader]);
    let refused = directory.set_logo(&reader, drawn(60, 40, ""), "x").await;
    assert!(matches!(refused, Err(DirectoryError::NotAllowed(_))), "{refused:?}");
    assert_eq!(noord.rows().await, before, "nothing was written");
    // One of before is kept for the version that names it.
    directory.set_logo(&noord.admin, drawn(60, 40, ""), "another").await.expect("a logo");
    directory.remove_logo(&noord.admin, "the name again").await.expect("removed");
    assert_eq!(shown().await, None);
    assert!(
        directory.logo(&of_noord, first).await.expect("an answer").is_none(),
        "what is not shown goes out to nobody"
    );
    assert!(matches!(directory.remove_logo(&noord.admin, "x").await, Err(DirectoryError::NotOpen("logo"))));
    let (_, mut again) = directory.policy(&noord.admin).await.expect("a policy");
    again.appearance.logo = Some(first);
    directory.publish_policy(&noord.admin, again).await.expect("it was kept");
    noord.as_superuser(format!(
        "insert into logo select tenant_id, sha256(n::text::bytea), png, added_at from logo, generate_series(1, 98) n where tenant_id = '{}' and hash = decode('{first}', 'hex')",
        noord.tenant
    ))
    .await;
    let refused = directory.set_logo(&noord.admin, drawn(70, 40, ""), "x").await;
    assert!(matches!(&refused, Err(DirectoryError::Logo(why)) if why.contains("100")), "{refused:?}");
}
