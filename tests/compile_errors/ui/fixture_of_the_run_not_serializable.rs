//! Each process of a run gets a copy of a value with `scope = "run"`.

struct Server(u16);

#[swimlanes::fixture(scope = "run")]
fn server() -> Server {
    Server(8080)
}

#[swimlanes::fixture(scope = "run")]
fn url(server: &Server) -> Result<String, String> {
    Ok(format!("http://127.0.0.1:{}", server.0))
}

fn main() {}
