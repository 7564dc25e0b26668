//! The harnesses whose cost of adoption is compared.

/// A harness for which a suite with one test is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OneTestHarness {
    Libtest,
    LibtestMimic,
    /// With their default features.
    RstestAndSerialTest,
    /// With its default features.
    Swimlanes,
}

impl OneTestHarness {
    pub(super) const ALL: [Self; 4] = [Self::Libtest, Self::LibtestMimic, Self::RstestAndSerialTest, Self::Swimlanes];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Libtest => "libtest",
            Self::LibtestMimic => "libtest-mimic",
            Self::RstestAndSerialTest => "rstest + serial_test",
            Self::Swimlanes => "swimlanes",
        }
    }
}
