//! Nothing says for which types a generic function would be called.
struct Table<T>(Vec<T>);

#[swimlanes::fixture(autouse)]
fn table<T>() -> Table<T> {
    Table(Vec::new())
}

fn main() {}
