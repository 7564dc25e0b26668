//! Decides which functions are dropped tests: resolves their attributes in the module that contains them.

use super::attribute::Attribute;
use super::condition::{Condition, not};
use super::resolve::Resolver;
use super::tree::{Function, ModuleIx, Tree};

/// A function that never runs.
#[derive(Debug)]
pub(crate) struct DroppedTest {
    /// Its path within the crate: `module::function`.
    pub(crate) name: String,
    /// File, line, name and attribute, and the remedy unless an import is enough.
    pub(crate) text: String,
    /// Whether an import of `test` makes it run.
    pub(crate) needs_import: bool,
    /// The condition under which the function exists.
    pub(crate) condition: Condition,
}

/// All dropped tests of the crate, in the order of its modules.
pub(super) fn dropped_tests(tree: &Tree, ours: &[&str]) -> Vec<DroppedTest> {
    let classifier = Classifier { resolver: Resolver { tree, ours } };
    let modules = tree.modules.iter().enumerate();
    let functions = modules.flat_map(|(ix, module)| module.functions.iter().map(move |function| (ix, function)));
    functions.flat_map(|(module, function)| classifier.function(module, function)).collect()
}

struct Classifier<'a> {
    resolver: Resolver<'a>,
}

/// The kind of test that an attribute turns a function into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TestKind {
    /// Our test.
    Ours,
    /// A test of whichever harness `test` resolves to in the module.
    ByImport,
    /// A test of the compiler's harness.
    Libtest(Remedy),
    /// A test of the compiler's harness, even if the function has our attribute too.
    Always(Remedy),
    /// No test.
    Other,
}

/// The change that makes the function a test that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Remedy {
    /// Import `test` from our library.
    Import,
    /// Replace the attribute by ours.
    Replace,
    /// Add ours below it.
    AddBelow,
    /// Write its cases in our attribute.
    Cases,
    /// Move the function to a target with the compiler's harness.
    Move,
}

impl Classifier<'_> {
    fn function(&self, module: ModuleIx, function: &Function) -> Vec<DroppedTest> {
        let kinds: Vec<(&Attribute, TestKind)> =
            function.attributes.iter().map(|attribute| (attribute, self.kind(module, attribute))).collect();
        let always = kinds.iter().find_map(|(attribute, kind)| match kind {
            TestKind::Always(remedy) => Some((*attribute, *remedy)),
            _ => None,
        });
        if let Some((attribute, remedy)) = always {
            let condition = function.condition.and_all(&attribute.condition);
            return vec![self.dropped_test(module, function, &attribute.display(), remedy, condition)];
        }
        let mut condition = function.condition.clone();
        for (ours, _) in kinds.iter().filter(|(_, kind)| *kind == TestKind::Ours) {
            if ours.condition.is_none() {
                return Vec::new();
            }
            condition.add(not(&ours.condition.predicate()));
        }
        let explicit = kinds.iter().filter_map(|(attribute, kind)| match kind {
            TestKind::Libtest(remedy) => Some((*attribute, *remedy)),
            _ => None,
        });
        let mut matches: Vec<(&Attribute, Remedy)> = explicit.collect();
        if matches.is_empty() {
            if self.resolver.is_ours(module, &["test".to_owned()]) {
                return Vec::new();
            }
            let by_import = kinds.iter().filter(|(_, kind)| *kind == TestKind::ByImport);
            matches.extend(by_import.map(|(attribute, _)| (*attribute, Remedy::Import)));
            if function.is_in_quickcheck && matches.is_empty() {
                return vec![self.dropped_test(module, function, "quickcheck!", Remedy::Import, condition)];
            }
        }
        if let Some(always) = matches.iter().position(|(attribute, _)| attribute.condition.is_none()) {
            matches = vec![matches[always]];
        }
        let dropped_tests = matches.into_iter().map(|(attribute, remedy)| {
            let condition = condition.and_all(&attribute.condition);
            self.dropped_test(module, function, &attribute.display(), remedy, condition)
        });
        dropped_tests.collect()
    }

    fn kind(&self, module: ModuleIx, attribute: &Attribute) -> TestKind {
        if self.resolver.is_ours(module, &attribute.path) {
            return TestKind::Ours;
        }
        let path = self.resolver.resolve(module, &attribute.path);
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        match path.as_slice() {
            ["test"] => TestKind::Libtest(Remedy::Import),
            // As in `#[test_log::test(swimlanes::test)]`.
            [.., "test"] if attribute.arguments.iter().any(|path| self.resolver.is_ours(module, path)) => {
                TestKind::Ours
            }
            ["test_log" | "googletest", "test"] => TestKind::Libtest(Remedy::AddBelow),
            [.., "test"] => TestKind::Libtest(Remedy::Replace),
            [.., "gtest"] => TestKind::Libtest(Remedy::AddBelow),
            ["bench"] | ["test_strategy", "proptest"] => TestKind::Libtest(Remedy::Move),
            ["test_case" | "test_matrix"] | ["test_case", "test_case" | "case" | "test_matrix"] => {
                TestKind::Always(Remedy::Cases)
            }
            [.., "rstest" | "quickcheck" | "property_test" | "parameterized"] | ["rstest_reuse", "apply"] => {
                TestKind::ByImport
            }
            _ => TestKind::Other,
        }
    }

    fn dropped_test(
        &self,
        module: ModuleIx,
        function: &Function,
        attribute: &str,
        remedy: Remedy,
        condition: Condition,
    ) -> DroppedTest {
        let Function { name, file, line, .. } = function;
        let name = match self.resolver.tree.module_path(module) {
            path if path.is_empty() => name.clone(),
            path => format!("{path}::{name}"),
        };
        let ours = self.resolver.ours[0];
        let how = match remedy {
            Remedy::Import => String::new(),
            Remedy::Replace => format!(": write `#[{ours}::test]` instead"),
            Remedy::AddBelow => format!(": add `#[{ours}::test]` below it"),
            Remedy::Cases => format!(": write `#[{ours}::test(cases(…))]` instead"),
            Remedy::Move => ": move it to a target without `harness = false`".to_owned(),
        };
        let text = format!("{file}:{line}: `{name}`, `{attribute}`{how}");
        DroppedTest { name, text, needs_import: remedy == Remedy::Import, condition }
    }
}
