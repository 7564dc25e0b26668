//! The files of reports. They are opened before the campaign begins, so that a missing directory is reported at once and not an hour later.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result};

use super::content::Report;
use super::{junit, markdown};
use crate::stability::options::{ReportFile, ReportFormat};
use crate::stability::verdict::FlakyPolicy;

/// The open files.
#[derive(Debug)]
pub(in crate::stability) struct OutputFiles(Vec<OutputFile>);

#[derive(Debug)]
struct OutputFile {
    kind: ReportFormat,
    path: PathBuf,
    file: File,
}

impl OutputFiles {
    /// Opens or creates the files. Their content is kept until a report replaces it.
    ///
    /// # Errors
    ///
    /// If one of them cannot be opened for writing.
    pub(in crate::stability) fn open(reports: &[ReportFile]) -> Result<Self> {
        let output_files = reports.iter().map(|ReportFile { kind, path }| {
            let file = OpenOptions::new().write(true).create(true).truncate(false).open(path);
            let file = file.with_context(|| format!("cannot write the report {}", path.display()))?;
            Ok(OutputFile { kind: *kind, path: path.clone(), file })
        });
        output_files.collect::<Result<_>>().map(Self)
    }

    /// Writes the report to all of them.
    ///
    /// # Errors
    ///
    /// If a file cannot be written.
    pub(in crate::stability) fn write(self, report: &Report, flaky_policy: FlakyPolicy) -> Result<()> {
        for output_file in self.0 {
            let text = match output_file.kind {
                ReportFormat::Json => {
                    serde_json::to_string_pretty(report).context("cannot write the report as JSON")? + "\n"
                }
                ReportFormat::Markdown => markdown::render(report),
                ReportFormat::Junit => junit::render(report, flaky_policy)?,
            };
            output_file.write(&text)?;
        }
        Ok(())
    }
}

impl OutputFile {
    fn write(mut self, text: &str) -> Result<()> {
        let written = self.file.metadata().and_then(|metadata| {
            // A pipe or a terminal has no old content.
            if metadata.is_file() {
                self.file.set_len(0)?;
            }
            self.file.write_all(text.as_bytes())
        });
        written.with_context(|| format!("cannot write the report {}", self.path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_report_is_replaced_as_a_whole() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("report.md");
        std::fs::write(&path, "x".repeat(100_000)).expect("a file");
        let report = super::super::test_data::clean();
        let output_files = OutputFiles::open(&[ReportFile { kind: ReportFormat::Markdown, path: path.clone() }])
            .expect("an open file");
        output_files.write(&report, FlakyPolicy::Fail).expect("a report");
        assert_eq!(std::fs::read_to_string(&path).expect("a file"), markdown::render(&report));
    }

    #[test]
    fn a_file_that_cannot_be_opened_is_reported_at_once() {
        let path = PathBuf::from("/nowhere/at/all.json");
        let error = OutputFiles::open(&[ReportFile { kind: ReportFormat::Json, path }]).expect_err("no such directory");
        assert_eq!(error.to_string(), "cannot write the report /nowhere/at/all.json");
    }
}
