//! Decides which functions are tests that the compiler drops, by what their attributes mean where they stand.

use super::DroppedTest;
use super::attribute::Attribute;
use super::condition::{Condition, not};
use super::resolve::Resolver;
use super::tree::{Function, ModuleIx, Tree};

/// All of them.
pub(super) fn all(tree: &Tree, ours: &[&str]) -> Vec<DroppedTest> {
    let judge = Judge { resolver: Resolver { tree, ours } };
    let modules = tree.modules.iter().enumerate();
    let functions = modules.flat_map(|(ix, module)| module.functions.iter().map(move |function| (ix, function)));
    functions.flat_map(|(module, function)| judge.function(module, function)).collect()
}

struct Judge<'a> {
    resolver: Resolver<'a>,
}

/// What an attribute makes of a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Our test.
    Ours,
    /// A test by whatever `test` means in the module.
    ByScope,
    /// A test of the compiler's own.
    OfCompiler(Change),
    /// A test of the compiler's own, even with our attribute beside it.
    Always(Change),
    /// No test.
    Other,
}

/// How the function becomes a test that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    /// `test` is imported from us.
    Import,
    /// The attribute is replaced by ours.
    Replace,
    /// Ours is added below it.
    AddBelow,
    /// Its cases become ours.
    Cases,
    /// It needs the compiler's harness.
    Move,
}

impl Judge<'_> {
    fn function(&self, module: ModuleIx, function: &Function) -> Vec<DroppedTest> {
        let kinds: Vec<(&Attribute, Kind)> =
            function.attributes.iter().map(|attribute| (attribute, self.kind(module, attribute))).collect();
        let always = kinds.iter().find_map(|(attribute, kind)| match kind {
            Kind::Always(change) => Some((*attribute, *change)),
            _ => None,
        });
        if let Some((attribute, change)) = always {
            let condition = function.condition.and_all(&attribute.condition);
            return vec![self.dropped(module, function, &attribute.shown(), change, condition)];
        }
        let mut condition = function.condition.clone();
        for (ours, _) in kinds.iter().filter(|(_, kind)| *kind == Kind::Ours) {
            if ours.condition.is_none() {
                return Vec::new();
            }
            condition.add(not(&ours.condition.predicate()));
        }
        let explicit = kinds.iter().filter_map(|(attribute, kind)| match kind {
            Kind::OfCompiler(change) => Some((*attribute, *change)),
            _ => None,
        });
        let mut found: Vec<(&Attribute, Change)> = explicit.collect();
        if found.is_empty() {
            if self.resolver.is_ours(module, &["test".to_owned()]) {
                return Vec::new();
            }
            let by_scope = kinds.iter().filter(|(_, kind)| *kind == Kind::ByScope);
            found.extend(by_scope.map(|(attribute, _)| (*attribute, Change::Import)));
            if function.is_in_quickcheck && found.is_empty() {
                return vec![self.dropped(module, function, "quickcheck!", Change::Import, condition)];
            }
        }
        if let Some(always) = found.iter().position(|(attribute, _)| attribute.condition.is_none()) {
            found = vec![found[always]];
        }
        let dropped = found.into_iter().map(|(attribute, change)| {
            let condition = condition.and_all(&attribute.condition);
            self.dropped(module, function, &attribute.shown(), change, condition)
        });
        dropped.collect()
    }

    fn kind(&self, module: ModuleIx, attribute: &Attribute) -> Kind {
        if self.resolver.is_ours(module, &attribute.path) {
            return Kind::Ours;
        }
        let path = self.resolver.resolve(module, &attribute.path);
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        match path.as_slice() {
            ["test"] => Kind::OfCompiler(Change::Import),
            // As in `#[test_log::test(swimlanes::test)]`.
            [.., "test"] if attribute.arguments.iter().any(|path| self.resolver.is_ours(module, path)) => Kind::Ours,
            ["test_log" | "googletest", "test"] => Kind::OfCompiler(Change::AddBelow),
            [.., "test"] => Kind::OfCompiler(Change::Replace),
            [.., "gtest"] => Kind::OfCompiler(Change::AddBelow),
            ["bench"] | ["test_strategy", "proptest"] => Kind::OfCompiler(Change::Move),
            ["test_case" | "test_matrix"] | ["test_case", "test_case" | "case" | "test_matrix"] => {
                Kind::Always(Change::Cases)
            }
            [.., "rstest" | "quickcheck" | "property_test" | "parameterized"] | ["rstest_reuse", "apply"] => {
                Kind::ByScope
            }
            _ => Kind::Other,
        }
    }

    fn dropped(
        &self,
        module: ModuleIx,
        function: &Function,
        attribute: &str,
        change: Change,
        condition: Condition,
    ) -> DroppedTest {
        let Function { name, file, line, .. } = function;
        let name = match self.resolver.tree.path_of(module) {
            path if path.is_empty() => name.clone(),
            path => format!("{path}::{name}"),
        };
        let ours = self.resolver.ours[0];
        let how = match change {
            Change::Import => String::new(),
            Change::Replace => format!(": write `#[{ours}::test]` instead"),
            Change::AddBelow => format!(": add `#[{ours}::test]` below it"),
            Change::Cases => format!(": write `#[{ours}::test(cases(…))]` instead"),
            Change::Move => ": move it to a target without `harness = false`".to_owned(),
        };
        let text = format!("{file}:{line}: `{name}`, `{attribute}`{how}");
        DroppedTest { name, text, needs_import: change == Change::Import, condition }
    }
}
