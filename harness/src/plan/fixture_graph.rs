//! Checks whether the fixtures of a suite can be set up, before any of them is.

use std::fmt;

use crate::fixture::definition::{Autouse, FixtureInfo, Param, Passing, Scope, TypeKey};
use crate::model::location::Location;

/// A test or a fixture function, and what it takes.
#[derive(Debug, Clone)]
pub(crate) struct Consumer {
    pub(crate) name: &'static str,
    pub(crate) location: Location,
    /// How long it needs its parameters.
    pub(crate) scope: Scope,
    pub(crate) params: Vec<Param>,
}

impl fmt::Display for Consumer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` ({})", self.name, self.location)
    }
}

/// A fixture function, and what it makes.
#[derive(Debug, Clone)]
pub(crate) struct Provider {
    pub(crate) makes: TypeKey,
    pub(crate) autouse: Autouse,
    pub(crate) is_torn_down: bool,
    pub(crate) taker: Consumer,
}

impl Provider {
    /// Reads the attributes of this function.
    pub(crate) fn of(function: &FixtureInfo) -> Self {
        let (name, location, scope) = (function.name(), function.location, function.scope);
        let taker = Consumer { name, location, scope, params: (function.params)() };
        let (makes, is_torn_down) = ((function.makes)(), function.tear_down.is_some());
        Self { makes, autouse: function.autouse, is_torn_down, taker }
    }

    /// Whether it is this function; a generic function must also make the same type.
    pub(crate) fn is_of(&self, function: &FixtureInfo) -> bool {
        self.taker.location == function.location && self.makes == (function.makes)()
    }
}

/// The errors, one for each position. The values of the types in `worker_fixtures` belong to a worker.
pub(crate) fn violations(makers: &[Provider], tests: &[Consumer], worker_fixtures: &[TypeKey]) -> Vec<String> {
    let mut violations = Vec::new();
    for (ix, maker) in makers.iter().enumerate() {
        // Tests do not request `()` by its type, so several `autouse` functions can make it.
        let is_found_by_type = |maker: &Provider| maker.autouse == Autouse::Off || maker.makes != TypeKey::of::<()>();
        let same =
            |other: &&Provider| other.makes == maker.makes && (is_found_by_type(other) || is_found_by_type(maker));
        if let Some(other) = makers[..ix].iter().find(same) {
            violations.push(format!(
                "{} and {} both make `{}`: a fixture is found by its type, so give one of them its own type",
                other.taker, maker.taker, maker.makes.name
            ));
        }
    }
    for taker in makers.iter().map(|maker| &maker.taker).chain(tests) {
        violations.extend(taker.params.iter().filter_map(|param| violation(makers, taker, param, worker_fixtures)));
    }
    violations.extend(cycle(makers));
    violations.dedup();
    violations
}

fn violation(makers: &[Provider], taker: &Consumer, param: &Param, worker_fixtures: &[TypeKey]) -> Option<String> {
    let (name, maker) = (param.of.name, makers.iter().find(|maker| maker.makes == param.of));
    let until = |scope| match scope {
        Scope::Test => "for each test",
        Scope::Worker => "for each worker",
        Scope::Process => "for each process",
        Scope::Run => "for the run",
    };
    let Some(maker) = maker else {
        let is_of_worker = worker_fixtures.contains(&param.of);
        return match param.passing {
            Passing::FromType if is_of_worker && taker.scope >= Scope::Process => Some(format!(
                "{taker} is made {} and takes `{name}`, which belongs to a worker: use `scope = \"worker\"`",
                until(taker.scope)
            )),
            Passing::FromType => None,
            Passing::Owned => Some(format!(
                "{taker} takes `{name}`, but no fixture makes it: no function with `#[swimlanes::fixture]` returns it, and it does not \
                 implement `swimlanes::Fixture`"
            )),
            Passing::Shared => Some(format!(
                "{taker} takes `&{name}`, but no function with `#[swimlanes::fixture]` returns `{name}`; a type that implements \
                 `swimlanes::Fixture` is taken by value"
            )),
        };
    };
    let (from, scope) = (&maker.taker, maker.taker.scope);
    match param.passing {
        Passing::FromType => {
            Some(format!("`{name}` implements `swimlanes::Fixture`, and {from} makes it, too: remove one of them"))
        }
        // The fixture server, which makes the values of scope "run", lives as long as the run.
        Passing::Owned | Passing::Shared if scope < taker.scope.min(Scope::Process) => Some(format!(
            "{taker} is made {} and takes `{name}`, which {from} makes {}: it would be torn down too early",
            until(taker.scope),
            until(scope)
        )),
        Passing::Owned if scope > Scope::Test => Some(format!(
            "{taker} takes `{name}` by value, but {from} makes one {}, which is shared: take `&{name}`",
            until(scope)
        )),
        Passing::Owned if maker.autouse != Autouse::Off => Some(format!(
            "{taker} takes `{name}` by value, but {from} is `autouse`, so each test already has one: take `&{name}`"
        )),
        Passing::Owned if maker.is_torn_down => {
            Some(format!("{taker} takes `{name}` by value, but the teardown of {from} needs it: take `&{name}`"))
        }
        Passing::Owned | Passing::Shared => None,
    }
}

/// The first cycle of fixtures that need each other.
fn cycle(makers: &[Provider]) -> Option<String> {
    let mut is_done = vec![false; makers.len()];
    let found = (0..makers.len()).find_map(|start| find_cycle(makers, start, &mut Vec::new(), &mut is_done))?;
    let names: Vec<String> = found.iter().map(|&ix| makers[ix].taker.to_string()).collect();
    Some(format!("these fixtures need each other in a cycle: {}", names.join(" -> ")))
}

/// Follows the parameters of this function. Returns the cycle that it finds.
fn find_cycle(makers: &[Provider], ix: usize, path: &mut Vec<usize>, is_done: &mut [bool]) -> Option<Vec<usize>> {
    if let Some(from) = path.iter().position(|&on_path| on_path == ix) {
        return Some(path[from..].iter().copied().chain([ix]).collect());
    }
    if is_done[ix] {
        return None;
    }
    path.push(ix);
    let params = &makers[ix].taker.params;
    let next = params.iter().filter_map(|param| makers.iter().position(|maker| maker.makes == param.of));
    let found = next.into_iter().find_map(|next| find_cycle(makers, next, path, is_done));
    path.pop();
    is_done[ix] = true;
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    struct A;
    struct B;
    struct C;

    fn at(line: u32) -> Location {
        Location { file: "x.rs", line, column: 1 }
    }

    /// "B" by value, "&B" by reference, "=B" by value of a type that implements `Fixture`.
    fn params(words: &str) -> Vec<Param> {
        let param = |word: &str| {
            let (passing, name) = match word.split_at(1) {
                ("&", name) => (Passing::Shared, name),
                ("=", name) => (Passing::FromType, name),
                _ => (Passing::Owned, word),
            };
            Param { of: of(name), passing, by: None }
        };
        words.split_whitespace().map(param).collect()
    }

    fn of(name: &str) -> TypeKey {
        match name {
            "()" => TypeKey::of::<()>(),
            "A" => TypeKey { name: "A", ..TypeKey::of::<A>() },
            "B" => TypeKey { name: "B", ..TypeKey::of::<B>() },
            _ => TypeKey { name: "C", ..TypeKey::of::<C>() },
        }
    }

    /// Each line: "run name(&B C) -> A", or "test name(A)", with "!" at the end if it is torn down, and "*" if it is `autouse`.
    #[track_caller]
    fn check(lines: &str, expected: &[&str]) {
        let (mut makers, mut tests) = (Vec::new(), Vec::new());
        for (line, number) in lines.lines().map(str::trim).filter(|line| !line.is_empty()).zip(1..) {
            let (scope, rest) = line.split_once(' ').expect("a scope");
            let (name, rest) = rest.split_once('(').expect("parameters");
            let (words, rest) = rest.split_once(')').expect("parameters");
            let scope = match scope {
                "process" => Scope::Process,
                "run" => Scope::Run,
                "worker" => Scope::Worker,
                _ => Scope::Test,
            };
            let name: &'static str = name.to_owned().leak();
            let taker = Consumer { name, location: at(number), scope, params: params(words) };
            match rest.split_once("-> ") {
                None => tests.push(taker),
                Some((_, made)) => {
                    let (is_torn_down, is_autouse) = (made.ends_with('!'), made.ends_with('*'));
                    let autouse = if is_autouse { Autouse::Module } else { Autouse::Off };
                    makers.push(Provider {
                        makes: of(made.trim_end_matches(['!', '*'])),
                        autouse,
                        is_torn_down,
                        taker,
                    });
                }
            }
        }
        assert_eq!(violations(&makers, &tests, &[of("C")]), expected, "{lines}");
    }

    #[test]
    fn valid_graphs_are_accepted() {
        check("run a() -> A\nworker b(&A) -> B\ntest c(&A &B) -> C\ntest t(C &A &B &C)", &[]);
        check("worker a(=C) -> A\ntest b() -> B!\ntest t(&A &B =C)", &[]);
        check("process a() -> A\nrun b(&A) -> B\nprocess c(&B) -> C", &[]);
    }

    #[test]
    fn two_fixtures_of_one_type_are_refused() {
        let why = "`a` (x.rs:1:1) and `b` (x.rs:2:1) both make `A`: a fixture is found by its type, so give one of them its own type";
        check("run a() -> A\ntest b() -> A", &[why]);
        let why = "`A` implements `swimlanes::Fixture`, and `a` (x.rs:1:1) makes it, too: remove one of them";
        check("test a() -> A\ntest t(=A)", &[why]);
    }

    #[test]
    fn fixture_without_a_provider_is_refused() {
        let why = "`t` (x.rs:1:1) takes `A`, but no fixture makes it: no function with `#[swimlanes::fixture]` returns it, and it does not \
                   implement `swimlanes::Fixture`";
        check("test t(A)", &[why]);
        let why = "`t` (x.rs:1:1) takes `&A`, but no function with `#[swimlanes::fixture]` returns `A`; a type that implements \
                   `swimlanes::Fixture` is taken by value";
        check("test t(&A)", &[why]);
    }

    #[test]
    fn fixture_with_a_shorter_scope_is_refused() {
        let why = "`b` (x.rs:2:1) is made for the run and takes `A`, which `a` (x.rs:1:1) makes for each worker: it would be torn down too early";
        check("worker a() -> A\nrun b(&A) -> B", &[why]);
        let why = "`b` (x.rs:2:1) is made for each worker and takes `A`, which `a` (x.rs:1:1) makes for each test: it would be torn down too early";
        check("test a() -> A\nworker b(A) -> B", &[why]);
        let why =
            "`a` (x.rs:1:1) is made for the run and takes `C`, which belongs to a worker: use `scope = \"worker\"`";
        check("run a(=C) -> A", &[why]);
        let why = "`b` (x.rs:2:1) is made for each process and takes `A`, which `a` (x.rs:1:1) makes for each worker: it would be torn down too early";
        check("worker a() -> A\nprocess b(&A) -> B", &[why]);
    }

    #[test]
    fn fixture_that_must_be_borrowed_is_refused_by_value() {
        let why =
            "`t` (x.rs:2:1) takes `A` by value, but `a` (x.rs:1:1) makes one for the run, which is shared: take `&A`";
        check("run a() -> A\ntest t(A)", &[why]);
        let why = "`t` (x.rs:2:1) takes `A` by value, but the teardown of `a` (x.rs:1:1) needs it: take `&A`";
        check("test a() -> A!\ntest t(A)", &[why]);
    }

    #[test]
    fn autouse_fixtures_follow_the_same_rules() {
        check("test a() -> ()*\ntest b() -> ()*\ntest t()", &[]);
        check("worker a() -> A*\ntest t(&A)", &[]);
        let why = "`a` (x.rs:1:1) and `b` (x.rs:2:1) both make `A`: a fixture is found by its type, so give one of them its own type";
        check("test a() -> A*\ntest b() -> A*", &[why]);
        let why = "`a` (x.rs:1:1) and `b` (x.rs:2:1) both make `()`: a fixture is found by its type, so give one of them its own type";
        check("test a() -> ()*\ntest b() -> ()", &[why]);
        let why = "`t` (x.rs:2:1) takes `A` by value, but `a` (x.rs:1:1) is `autouse`, so each test already has one: take `&A`";
        check("test a() -> A*\ntest t(A)", &[why]);
    }

    #[test]
    fn cycles_are_refused() {
        let why = "these fixtures need each other in a cycle: `a` (x.rs:1:1) -> `b` (x.rs:2:1) -> `a` (x.rs:1:1)";
        check("run a(&B) -> A\nrun b(&A) -> B", &[why]);
        let why = "these fixtures need each other in a cycle: `b` (x.rs:2:1) -> `c` (x.rs:3:1) -> `b` (x.rs:2:1)";
        check("test a(B) -> A\ntest b(&C) -> B\ntest c(B) -> C", &[why]);
        check("run a(&A) -> A", &["these fixtures need each other in a cycle: `a` (x.rs:1:1) -> `a` (x.rs:1:1)"]);
    }
}
