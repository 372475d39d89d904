//! `/admin/{tenant}/tokens/imports/{id}`: how far an import is, without script; then what came of it, row by row where it matters.

use domain::tokens::{
    importing::RefusedRow,
    jobs::{ImportRun, ImportState},
};
use leptos::prelude::*;

use crate::{
    components::{Banner, Breadcrumb, ButtonLook, Column, Fact, Facts, IconName, LinkButton, Table, Tone},
    format,
    render::{Page, PageMeta},
    routes,
    shell::{ConsolePage, ConsoleShell, PageWidth, Section},
};

/// Refused rows that are shown; the file has them all.
const ROWS_SHOWN: usize = 200;
/// Seconds between two looks at an import that runs.
const LOOK_SECONDS: u8 = 2;

/// The page.
#[derive(Clone, Debug)]
pub struct RunPage {
    /// Short name of the tenant.
    pub slug: String,
    /// The import.
    pub run: ImportRun,
    /// The rows that it refused.
    pub rows: Vec<RefusedRow>,
    /// May import, and have the result file.
    pub may_import: bool,
}

/// Draws the page.
#[must_use]
pub fn run_page(shell: ConsoleShell, model: RunPage) -> Page {
    let list = routes::admin(&model.slug, "tokens");
    let title = title(&model.run);
    let meta = PageMeta {
        refresh: (model.run.state == ImportState::Running).then_some(LOOK_SECONDS),
        ..PageMeta::new(title.clone(), text!(tokens.run_description))
    };
    let above = vec![
        (text!(tokens.title).to_owned(), list.clone()),
        (text!(tokens.import_title).to_owned(), format!("{list}/import")),
    ];
    let here = model.run.file_name.clone();
    let (what, next) = (what(&model.run), next(&model, &list));
    let (summary, refused) = (summary(&model.run), refused(model.rows));
    let body = view! {
        <ConsolePage title=title above=move || view! { <Breadcrumb above=above here=here/> } width=PageWidth::Narrow>
            {what}
            {next}
            {refused}
            {summary}
        </ConsolePage>
    };
    Page::new(meta, shell, body.into_any())
}

/// The finding.
fn title(run: &ImportRun) -> String {
    let file = || run.file_name.clone();
    let (good, bad) = (format::number(run.imported), format::number(run.refused));
    match (run.state, run.dry_run) {
        (ImportState::Running, _) => text!(tokens.running, file = file()),
        (ImportState::Stopped, _) => text!(tokens.stopped, file = file()),
        (ImportState::Refused, _) if run.problem.is_some() => text!(tokens.problem, file = file()),
        (ImportState::Refused, true) => text!(tokens.would_not, count = run.refused, rows = bad),
        (ImportState::Refused, false) => text!(tokens.did_not, count = run.refused, rows = bad),
        (ImportState::Done, _) if run.rows_read == 0 => text!(tokens.nothing, file = file()),
        (ImportState::Done, true) if run.refused > 0 => text!(tokens.would_some, all = format::number(run.rows_read), good = good, bad = bad),
        (ImportState::Done, true) => text!(tokens.would_all, count = run.imported, rows = good),
        (ImportState::Done, false) if run.refused > 0 => text!(tokens.did_some, good = good, bad = bad),
        (ImportState::Done, false) => text!(tokens.did_all, count = run.imported, rows = good),
    }
}

/// What it means.
fn what(run: &ImportRun) -> Option<AnyView> {
    Some(match (run.state, &run.problem) {
        (ImportState::Running, _) => running(run.rows_read),
        (ImportState::Stopped, _) => view! { <Banner tone=Tone::Warn>{text!(tokens.stopped_words)}</Banner> }.into_any(),
        (_, Some(problem)) => {
            let problem = problem.clone();
            let heading = text!(tokens.problem_words).to_owned();
            view! { <Banner tone=Tone::Bad title=heading><span class="wraps" lang="en">{problem}</span></Banner> }.into_any()
        }
        (ImportState::Refused, None) => {
            let title = text!(tokens.bad_title).to_owned();
            view! { <Banner tone=Tone::Warn title=title>{text!(tokens.bad_words)}</Banner> }.into_any()
        }
        (ImportState::Done, None) if run.dry_run && run.rows_read > 0 => {
            let title = text!(tokens.dry_title).to_owned();
            view! { <Banner title=title>{text!(tokens.dry_words)}</Banner> }.into_any()
        }
        (ImportState::Done, None) => return None,
    })
}

/// How many rows there are is known at the end only, so the bar has no end either.
fn running(rows: u64) -> AnyView {
    let words = match rows {
        0 => text!(tokens.running_begun).to_owned(),
        rows => text!(tokens.running_words, count = rows, rows = format::number(rows)),
    };
    view! {
        <div class="progress" role="status">
            <progress aria-label=words.clone()></progress>
            <div class="row"><span>{words}</span></div>
        </div>
        <p class="muted small">{text!(tokens.running_stay)}</p>
    }
    .into_any()
}

/// The one thing to do now, and the ways out.
fn next(model: &RunPage, list: &str) -> Option<AnyView> {
    let run = &model.run;
    if run.state == ImportState::Running {
        return None;
    }
    let clean = run.state == ImportState::Done && run.dry_run && run.imported > 0;
    let skip = run.skip_bad || (run.state == ImportState::Refused && run.problem.is_none());
    let (words, query) = match (clean, skip) {
        (true, true) => (text!(tokens.real), "?checked=yes&skip_bad=yes"),
        (true, false) => (text!(tokens.real), "?checked=yes"),
        (false, true) => (text!(tokens.again), "?skip_bad=yes"),
        (false, false) => (text!(tokens.again), ""),
    };
    let imported = run.state == ImportState::Done && !run.dry_run && run.imported > 0;
    let import = (model.may_import && !imported).then(|| {
        let href = format!("{list}/import{query}");
        view! { <LinkButton href=href look=ButtonLook::Primary>{words}</LinkButton> }
    });
    let result = (model.may_import && run.has_result).then(|| {
        let href = format!("{}?format=csv", routes::token_import(&model.slug, run.id));
        view! { <LinkButton href=href icon=IconName::Download>{text!(tokens.result)}</LinkButton> }
    });
    let look = if imported { ButtonLook::Primary } else { ButtonLook::Quiet };
    let about = result.is_some().then(|| view! { <p class="muted small">{text!(tokens.result_words)}</p> });
    Some(
        view! {
            <div class="stack tight">
                <div class="row">{import}{result}<LinkButton href=list.to_owned() look=look>{text!(tokens.to_list)}</LinkButton></div>
                {about}
            </div>
        }
        .into_any(),
    )
}

fn summary(run: &ImportRun) -> AnyView {
    let asked = match run.dry_run {
        true => text!(tokens.option_dry),
        false => text!(tokens.option_real),
    };
    let asked = match run.skip_bad {
        true => format!("{asked}, {}", text!(tokens.option_skip)),
        false => asked.to_owned(),
    };
    let ended = matches!(run.state, ImportState::Done | ImportState::Refused) && run.problem.is_none();
    let good = if run.dry_run { text!(tokens.fact_would) } else { text!(tokens.fact_good) };
    let number = |count: u64| format::number(count);
    let facts = [
        Some((text!(tokens.fact_rows), number(run.rows_read))),
        ended.then(|| (good, number(run.imported))),
        (ended && run.assigned > 0).then(|| (text!(tokens.fact_given), number(run.assigned))),
        ended.then(|| (text!(tokens.fact_refused), number(run.refused))),
        Some((text!(tokens.fact_format), run.format.to_uppercase())),
        Some((text!(tokens.fact_options), format::capital(&asked))),
        Some((text!(tokens.fact_begun), format::moment_capital(run.started_at))),
        run.ended_at.map(|at| (text!(tokens.fact_ended), format::moment_capital(at))),
        Some((text!(tokens.fact_by), run.by.clone().unwrap_or_else(|| text!(tokens.elsewhere).to_owned()))),
    ];
    let facts = facts
        .into_iter()
        .flatten()
        .map(|(name, value)| view! { <Fact name=name><span class="wraps">{value}</span></Fact> })
        .collect_view();
    view! { <Section id="summary" title=text!(tokens.summary)><div class="card"><Facts>{facts}</Facts></div></Section> }.into_any()
}

fn refused(rows: Vec<RefusedRow>) -> Option<AnyView> {
    if rows.is_empty() {
        return None;
    }
    let all = rows.len();
    let more = (all > ROWS_SHOWN).then(|| text!(tokens.refused_more, shown = format::number(ROWS_SHOWN as u64), all = format::number(all as u64)));
    let english = (crate::visit::locale() != crate::locale::Locale::en).then(|| text!(tokens.english));
    let note = [more, english.map(str::to_owned)].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let lines = rows
        .into_iter()
        .take(ROWS_SHOWN)
        .map(|row| {
            let serial = match row.serial {
                Some(serial) => view! { <span class="code wraps">{serial}</span> }.into_any(),
                None => view! { <span class="faint">{text!(tokens.unknown)}</span> }.into_any(),
            };
            view! {
                <tr>
                    <th class="num" scope="row">{format::number(row.row)}</th>
                    <td data-label=text!(tokens.refused_serial)>{serial}</td>
                    <td data-label=text!(tokens.refused_why)><span class="wraps" lang="en">{row.error}</span></td>
                </tr>
            }
        })
        .collect_view();
    let columns = vec![
        Column::new(text!(tokens.refused_row)).numeric(),
        Column::new(text!(tokens.refused_serial)),
        Column::new(text!(tokens.refused_why)),
    ];
    Some(
        view! {
            <Section id="refused" title=text!(tokens.refused) note=move || view! { <p class="small">{note}</p> }>
                <Table caption=text!(tokens.refused_caption) columns=columns>{lines}</Table>
            </Section>
        }
        .into_any(),
    )
}
