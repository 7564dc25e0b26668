//! Generic functions that cannot be fixtures: for every type, a foreign or borrowed type, the whole run, and two for one type.

struct List<T>(Vec<T>);

#[swimlanes::fixture]
fn everything<T: Default>() -> Result<T, String> {
    Ok(T::default())
}

#[swimlanes::fixture]
fn foreign<T>() -> Vec<T> {
    Vec::new()
}

#[swimlanes::fixture]
fn borrowed<'a>() -> List<&'a str> {
    List(Vec::new())
}

#[swimlanes::fixture(scope = "run")]
fn of_the_run<T>() -> List<T> {
    List(Vec::new())
}

#[swimlanes::fixture]
fn list<T>() -> List<T> {
    List(Vec::new())
}

#[swimlanes::fixture]
fn another<T>() -> List<T> {
    List(Vec::new())
}

fn main() {}
