//! The report of a campaign, as text, Markdown, JSON and JUnit.

mod aggregate;
mod content;
mod junit;
mod ledger;
mod markdown;
mod output_files;
mod prose;
mod terminal;
#[cfg(test)]
mod test_data;

pub(super) use content::Report;
pub(super) use output_files::OutputFiles;
pub(super) use terminal::render;
