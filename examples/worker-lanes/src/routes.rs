//! The routes of requests.

use crate::error::Error;
use crate::http::{Request, Response};
use crate::parcel::{Parcel, Stage};
use crate::repository::Repository;
use crate::settings::Settings;

/// Never fails: an error becomes a response.
pub(crate) async fn answer(request: &Request, repository: &Repository, settings: &Settings) -> Response {
    let words: Vec<&str> = request.path.split('/').skip(1).collect();
    let answered = match (request.method.as_str(), &words[..]) {
        ("GET", ["health"]) => health(repository).await,
        ("GET", ["parcels"]) => list(request, repository, settings).await,
        ("POST", ["parcels"]) => add(request, repository).await,
        ("GET", ["parcels", code]) => repository.get(code).await.map(|parcel| Response::new(200, line(&parcel))),
        ("DELETE", ["parcels", code]) => repository.remove(code).await.map(|()| Response::new(204, "")),
        ("POST", ["parcels", code, "stage"]) => advance(code, request, repository).await,
        ("GET", ["parcels", code, "history"]) => history(code, repository).await,
        (_, ["health"] | ["parcels", ..]) => Ok(Response::new(405, "method not allowed\n")),
        _ => Ok(Response::new(404, "not found\n")),
    };
    answered.unwrap_or_else(|error| refusal(&error))
}

/// The response for an error.
pub(crate) fn refusal(error: &Error) -> Response {
    let status = match error {
        Error::UnknownParcel(_) => 404,
        Error::Duplicate(_) | Error::Stage { .. } => 409,
        Error::TooLong { .. } => 413,
        Error::Parcel(_) => 422,
        Error::Request(_) => 400,
        Error::Setting(_)
        | Error::Settings { .. }
        | Error::Version { .. }
        | Error::NoPort(_)
        | Error::Database(_)
        | Error::Io(_) => 500,
    };
    Response::new(status, format!("{error}\n"))
}

async fn health(repository: &Repository) -> Result<Response, Error> {
    let version = repository.version().await?;
    let (n, grams) = repository.totals().await?;
    Ok(Response::new(200, format!("version={version}\nparcels={n}\ngrams={grams}\n")))
}

async fn add(request: &Request, repository: &Repository) -> Result<Response, Error> {
    let grams = request.field("grams")?;
    let grams = grams.parse().map_err(|_| Error::Parcel(format!("it weighs `{grams}`")))?;
    let parcel = Parcel::new(request.field("code")?, request.field("receiver")?, request.field("town")?, grams)?;
    repository.add(&parcel).await?;
    Ok(Response::new(201, line(&parcel)))
}

async fn list(request: &Request, repository: &Repository, settings: &Settings) -> Result<Response, Error> {
    let stage: Option<Stage> = request.asked("stage").map(str::parse).transpose()?;
    let after = request.asked("after").unwrap_or_default();
    let parcels = repository.list(stage, after, settings.page_size).await?;
    Ok(Response::new(200, parcels.iter().map(line).collect::<String>()))
}

async fn advance(code: &str, request: &Request, repository: &Repository) -> Result<Response, Error> {
    let stage = request.field("stage")?.parse()?;
    repository.advance(code, stage).await?;
    Ok(Response::new(200, format!("{code} is {stage}\n")))
}

async fn history(code: &str, repository: &Repository) -> Result<Response, Error> {
    let stages = repository.history(code).await?;
    Ok(Response::new(200, stages.iter().map(|stage| format!("{stage}\n")).collect::<String>()))
}

fn line(parcel: &Parcel) -> String {
    let Parcel { code, receiver, town, grams, stage } = parcel;
    format!("{code} {stage} {grams} g to {receiver}, {town}\n")
}
