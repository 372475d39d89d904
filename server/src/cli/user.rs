//! `tweestap user`: members, for scripts and for the console.

use std::io::Read;
use std::process::ExitCode;

use domain::directory::{MemberRef, NewMember};
use model::{CleanText, NAME_CHARACTERS_MAX, PASSWORD_CHARACTERS_MAX, Role, Slug, Upn};

use super::{Failure, admin_of, print_json};
use crate::config::Settings;
use crate::startup::Running;
use crate::welcome::set_up_link;

/// Members of a tenant.
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub(super) struct User {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make a member; prints it as JSON
    Create(Create),
    /// Set a member's password, read from the standard input; ends the member's sessions
    SetPassword(Which),
}

#[derive(Debug, clap::Args)]
struct Which {
    /// Short name of the tenant
    #[arg(long)]
    tenant: Slug,
    /// Sign-in name
    #[arg(long)]
    upn: Upn,
}

#[derive(Debug, clap::Args)]
struct Create {
    #[command(flatten)]
    which: Which,
    /// Given name
    #[arg(long, value_parser = CleanText::<NAME_CHARACTERS_MAX>::parse)]
    given_name: Option<CleanText<NAME_CHARACTERS_MAX>>,
    /// Family name
    #[arg(long, value_parser = CleanText::<NAME_CHARACTERS_MAX>::parse)]
    family_name: Option<CleanText<NAME_CHARACTERS_MAX>>,
    /// Mail address, where it is not the sign-in name
    #[arg(long)]
    mail: Option<Upn>,
    /// Role above member; may be given several times
    #[arg(long, value_parser = role)]
    role: Vec<Role>,
    /// Make a one-time link for setting a password and a first method; printed with the member
    #[arg(long)]
    setup_link: bool,
}

impl User {
    pub(super) async fn run(&self, settings: Settings) -> Result<ExitCode, Failure> {
        match &self.command {
            Command::Create(create) => create.run(settings).await,
            Command::SetPassword(which) => which.set_password(settings).await,
        }
    }
}

impl Create {
    async fn run(&self, settings: Settings) -> Result<ExitCode, Failure> {
        let running = Running::start(&settings).await?;
        let directory = running.domain.directory();
        let admin = admin_of(&running.domain, &self.which.tenant).await?;
        let new = NewMember {
            upn: self.which.upn.clone(),
            given_name: self.given_name.clone(),
            family_name: self.family_name.clone(),
            mail: self.mail.clone(),
            roles: self.role.clone(),
        };
        let member = MemberRef::Id(directory.create_member(&admin, new).await?);
        let mut json = serde_json::to_value(directory.member(&admin, &member).await?)?;
        if self.setup_link {
            let token = directory.make_set_up_link(&admin, &member).await?;
            json["set_up_link"] = set_up_link(&settings.public_url, &token.reveal()).into();
        }
        print_json(&json)?;
        running.end().await?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Which {
    async fn set_password(&self, settings: Settings) -> Result<ExitCode, Failure> {
        let password = password_from(std::io::stdin())?;
        let running = Running::start(&settings).await?;
        let admin = admin_of(&running.domain, &self.tenant).await?;
        running
            .domain
            .directory()
            .set_password(&admin, &MemberRef::Upn(self.upn.clone()), &password)
            .await?;
        eprintln!("The password of {} is set; their sessions have ended.", self.upn);
        running.end().await?;
        Ok(ExitCode::SUCCESS)
    }
}

fn role(text: &str) -> Result<Role, String> {
    Role::from_text(text).ok_or_else(|| {
        let known: Vec<&str> = Role::ALL.iter().map(|role| role.as_str()).collect();
        format!("the roles are {}", known.join(", "))
    })
}

/// The first line: what a person types ends with Enter, what a script pipes may or may not.
fn password_from(input: impl Read) -> Result<String, Failure> {
    let bytes_max = PASSWORD_CHARACTERS_MAX as u64 * 4 + 2;
    let mut text = String::new();
    input.take(bytes_max).read_to_string(&mut text)?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    match line {
        "" => Err("no password came on the standard input".into()),
        line if line.contains('\n') => Err("a password is one line".into()),
        line => Ok(line.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::password_from;

    #[test]
    fn a_password_is_the_one_line_that_came() {
        let read = |text: &str| password_from(text.as_bytes()).ok();
        assert_eq!(read("correct horse\n").as_deref(), Some("correct horse"));
        assert_eq!(read("correct horse\r\n").as_deref(), Some("correct horse"));
        assert_eq!(read(" spaces stay ").as_deref(), Some(" spaces stay "));
        assert_eq!(read("two\nlines\n"), None);
        assert_eq!(read("\n"), None);
    }
}
