//! The programs of a PostgreSQL server: where they are, and how they make a data directory.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::model::error::Error;
use crate::model::hash::fnv;
use crate::os::service_user::{self, RunAs};
use crate::os::sys::{Door, OwnDir};
use crate::os::{env, machine};

/// How many characters of a program's output an error message contains.
const MOST_SAID: usize = 1_000;

/// Where to look last. For a star, the newest version is tried first.
const PLACES: [&str; 5] = [
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/local/pgsql/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/lib/postgresql/bin",
];

/// Shown if no server is installed.
pub(crate) const MISSING: &str = "PostgreSQL is not installed: install it, for example with `apt-get install postgresql`, or set \
                                  SWIMLANES_POSTGRES_BIN to the directory of its programs, or SWIMLANES_POSTGRES_URL to a running server";

/// The programs, and the user that runs them.
#[derive(Debug, Clone)]
pub(crate) struct Programs {
    bin: PathBuf,
    /// `None`: the current user.
    pub(crate) who: Option<RunAs>,
}

/// A data directory.
#[derive(Debug)]
pub(crate) struct Data {
    /// The password of the user `postgres`.
    pub(crate) password: String,
    /// Whether it is a copy of the cached data directory.
    pub(crate) is_copy: bool,
}

impl Programs {
    /// `None` if no server is installed.
    ///
    /// # Errors
    ///
    /// When they are not in the configured directory, or when the tests run as root and there is no user to run them as.
    pub(crate) fn find() -> Result<Option<Self>, Error> {
        let text = env::postgres_programs();
        let bin = match &text {
            Some(bin) if has_programs(bin) => text.clone(),
            Some(bin) => {
                let message = "SWIMLANES_POSTGRES_BIN must be a directory that contains `initdb` and `postgres`";
                return Err(Error::file("find PostgreSQL in", bin, io::Error::other(message)));
            }
            None => on_path().or_else(from_config).or_else(elsewhere),
        };
        let Some(bin) = bin else { return Ok(None) };
        let who = match service_user::is_root() {
            false => None,
            true => match service_user::user("postgres").or_else(|| service_user::user("nobody")) {
                None => {
                    let cause = io::Error::other(
                        "PostgreSQL refuses to run as root, and this machine has no other user for it; create the user `postgres`",
                    );
                    return Err(Error::io("run PostgreSQL", cause));
                }
                who => who,
            },
        };
        Ok(Some(Self { bin, who }))
    }

    /// A command that runs one of them as the right user.
    pub(crate) fn command(&self, name: &str) -> Command {
        let mut command = Command::new(self.bin.join(name));
        service_user::run_as(&mut command, self.who);
        command
    }

    /// A text that is different for each version and build. Asking the programs themselves would take 10 ms and more.
    fn edition(&self) -> Result<String, Error> {
        let program = self.bin.join("postgres");
        let found = fs::metadata(&program).map_err(|cause| Error::file("look at", &program, cause))?;
        Ok(format!("{} {} {}", program.display(), found.len(), found.mtime()))
    }

    /// Makes a data directory in `dir`, which belongs to the user that runs the server. It is a copy of a cached one, which is made
    /// once for each version, if there is a cache directory.
    ///
    /// # Errors
    ///
    /// When a program fails, with its output.
    pub(crate) fn make_data(&self, dir: &Path) -> Result<Data, Error> {
        let cached = self.cached()?;
        if let Some(cached) = &cached
            && cached.exists()
        {
            if let Ok(password) = self.copy_kept(cached, dir) {
                return Ok(Data { password, is_copy: true });
            }
            self.discard(dir)?;
        }
        let password = machine::fresh_secret();
        self.init(dir, &password)?;
        // A failure to cache it is no error: another process may be doing the same.
        if let Some(cached) = cached {
            let _ = self.keep(dir, &cached, &password);
        }
        Ok(Data { password, is_copy: false })
    }

    /// Removes the data in `dir`, with which the server cannot start, and the cached directory that it was copied from, which must
    /// have been modified.
    ///
    /// # Errors
    ///
    /// When they cannot be removed.
    pub(crate) fn discard(&self, dir: &Path) -> Result<(), Error> {
        for path in [Some(dir.join("data")), self.cached()?].into_iter().flatten() {
            match fs::remove_dir_all(&path) {
                Err(cause) if cause.kind() != ErrorKind::NotFound => return Err(Error::file("remove", &path, cause)),
                _ => {}
            }
        }
        Ok(())
    }

    fn copy_kept(&self, cached: &Path, dir: &Path) -> Result<String, Error> {
        let file = cached.join("password");
        let password = service_user::read_own(&file).map_err(|cause| Error::file("read", &file, cause))?;
        self.copy(&cached.join("data"), &dir.join("data"))?;
        Ok(password)
    }

    fn init(&self, dir: &Path, password: &str) -> Result<(), Error> {
        let secret = dir.join("password");
        service_user::write_private(&secret, password, self.who)
            .map_err(|cause| Error::file("write", &secret, cause))?;
        let mut command = self.command("initdb");
        command.arg("-D").arg(dir.join("data")).arg("--pwfile").arg(&secret).current_dir(dir);
        command.args(["--username=postgres", "--auth-local=trust", "--auth-host=password", "--encoding=UTF8"]);
        command.args(["--locale=C", "--no-sync", "--no-instructions", "--wal-segsize=1"]);
        answer(&mut command, "make a data directory for PostgreSQL with initdb").map(drop)
    }

    /// Where the data directory is cached. For root, it is where the user that runs the server can read it.
    fn cached(&self) -> Result<Option<PathBuf>, Error> {
        let cache = if self.who.is_some() { Some(PathBuf::from("/var/cache")) } else { env::cache_directory() };
        let Some(cache) = cache.map(|cache| cache.join("swimlanes")) else { return Ok(None) };
        match self.check(&cache) {
            Err(cause) if cause.kind() != ErrorKind::NotFound => Err(Error::file("use the directory", &cache, cause)),
            _ => Ok(Some(cache.join(format!("postgres-2-{:016x}", fnv(self.edition()?.as_bytes()))))),
        }
    }

    /// Other users may read the cache, but must not be able to write to it: tests trust its content.
    fn check(&self, cache: &Path) -> io::Result<()> {
        let advice = match self.who {
            Some(_) => "remove it",
            None => "remove it, or set XDG_CACHE_HOME to a directory of your own",
        };
        OwnDir::open(cache, Door::Readable, advice).map(OwnDir::close)
    }

    fn keep(&self, dir: &Path, cached: &Path, password: &str) -> Result<(), Error> {
        let fail = |cause| Error::file("keep a data directory in", cached, cause);
        let parent = cached.parent().unwrap_or(cached);
        // Other users cannot write to it, whatever the umask is.
        fs::DirBuilder::new().recursive(true).mode(0o755).create(parent).map_err(fail)?;
        self.check(parent).map_err(fail)?;
        let new = tempfile::Builder::new().prefix("new-").tempdir_in(parent).map_err(fail)?;
        // It contains the password. Root can read it in spite of the mode.
        fs::set_permissions(new.path(), fs::Permissions::from_mode(0o700)).map_err(fail)?;
        service_user::chown(new.path(), self.who).map_err(fail)?;
        self.copy(&dir.join("data"), &new.path().join("data"))?;
        let secret = new.path().join("password");
        service_user::write_private(&secret, password, None).map_err(fail)?;
        // The rename is atomic. If several processes do this, one succeeds, and the others remove their directories.
        fs::rename(new.path(), cached).map_err(fail)?;
        // The directory has been renamed, so there is nothing to remove.
        let _ = new.keep();
        Ok(())
    }

    fn copy(&self, from: &Path, to: &Path) -> Result<(), Error> {
        let mut command = Command::new("cp");
        service_user::run_as(&mut command, self.who);
        command.arg("-R").arg("-p").arg(from).arg(to).current_dir("/");
        answer(&mut command, "copy a data directory of PostgreSQL").map(drop)
    }
}

/// Returns what the program wrote to stdout.
fn answer(command: &mut Command, tried: &'static str) -> Result<String, Error> {
    let output = command.stdin(Stdio::null()).output().map_err(|cause| Error::io(tried, cause))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    // `cp` repeats a message for each file.
    let text: String = text.trim_end().chars().take(MOST_SAID).collect();
    Err(Error::io(tried, io::Error::other(format!("{}: {text}", output.status))))
}

fn has_programs(bin: &Path) -> bool {
    ["initdb", "postgres"].iter().all(|program| bin.join(program).is_file())
}

/// Resolves the link, if it is one: the programs look for their files next to themselves.
fn on_path() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let dir = std::env::split_paths(&path).find(|dir| has_programs(dir))?;
    Some(fs::canonicalize(dir.join("postgres")).ok()?.parent()?.to_owned())
}

fn from_config() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").stderr(Stdio::null()).output().ok()?;
    let bin = PathBuf::from(String::from_utf8(output.stdout).ok()?.trim());
    // `pg_config` can be installed without a server.
    has_programs(&bin).then_some(bin)
}

fn elsewhere() -> Option<PathBuf> {
    PLACES.iter().flat_map(|place| matching(place)).find(|bin| has_programs(bin))
}

/// The directories that match this pattern, the newest version first.
fn matching(place: &str) -> Vec<PathBuf> {
    let Some((before, after)) = place.split_once('*') else { return vec![PathBuf::from(place)] };
    let (parent, prefix) = before.rsplit_once('/').unwrap_or(("", before));
    let entries = fs::read_dir(Path::new("/").join(parent)).into_iter().flatten().flatten();
    let version = |name: &str| name.strip_prefix(prefix)?.trim_matches('@').parse::<u32>().ok();
    let mut found: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| {
            let version = version(entry.file_name().to_str()?)?;
            Some((version, PathBuf::from(format!("{}{after}", entry.path().display()))))
        })
        .collect();
    found.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    found.into_iter().map(|(_, path)| path).collect()
}
