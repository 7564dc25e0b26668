//! Locks, and what may happen to their files and to the directory around them.

use std::os::unix::fs::symlink;

use super::*;

/// Uses the base, calls `happens`, and uses it again. `expected` is what the second use creates in the directory that links lead
/// to, and in the base, or its error.
#[track_caller]
fn check(happens: impl FnOnce(&Path, &Path), expected: &str) {
    let dir = tempfile::tempdir().expect("a directory");
    let [path, elsewhere] = ["base", "elsewhere"].map(|name| dir.path().join(name));
    fs::create_dir(&elsewhere).expect("made");
    let state_dir = StateDir::at(path.clone());
    let take = || FileLock::take(&state_dir, &path.join("x.lock"), Mode::Exclusive);
    drop(take().expect("taken"));
    happens(&path, &elsewhere);
    let acquired = take();
    let names = |dir: &Path| {
        let entries = fs::read_dir(dir).into_iter().flatten().flatten();
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&elsewhere), [] as [&str; 0]);
    let (state_dir, error) = (format!("{}", path.display()), acquired.as_ref().err().map(ToString::to_string));
    let error = error.map_or_else(|| format!("{:?}", names(&path)), |error| error.replace(&state_dir, "BASE"));
    assert_eq!(error.split("; ").next(), Some(expected));
}

#[test]
fn state_directory_is_checked_again_after_it_was_recreated() {
    check(|_, _| {}, "[\"x.lock\"]");
    check(|path, _| fs::remove_dir(path).expect("removed"), "[\"x.lock\"]");
    check(|path, _| fs::rename(path, path.with_extension("moved")).expect("renamed"), "[\"x.lock\"]");
    let link = "cannot use the directory BASE: it is a symbolic link";
    let replace = |path: &Path, elsewhere: &Path| {
        fs::remove_dir(path).expect("removed");
        symlink(elsewhere, path).expect("linked");
    };
    check(replace, link);
    let replace_one_that_is_there_still = |path: &Path, elsewhere: &Path| {
        fs::rename(path, path.with_extension("moved")).expect("renamed");
        symlink(elsewhere, path).expect("linked");
    };
    check(replace_one_that_is_there_still, link);
    let reopen = |path: &Path, _: &Path| {
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o777);
        fs::set_permissions(path, open).expect("it is ours");
    };
    check(reopen, "cannot use the directory BASE: it is open to other users (mode 0777)");
}

/// The base, and the path of a lock in it.
fn base(dir: &tempfile::TempDir) -> (StateDir, PathBuf) {
    let path = dir.path().join("base");
    (StateDir::at(path.clone()), path.join("x.lock"))
}

/// Releases a kept lock and calls `happens` with its file. Then checks that the lock can be taken, and excludes others.
#[track_caller]
fn check_kept(happens: impl FnOnce(&Path)) {
    let dir = tempfile::tempdir().expect("a directory");
    let (state_dir, path) = base(&dir);
    let take = || FileLock::try_take_kept(&state_dir, &path, Mode::Exclusive).expect("tried");
    drop(take().expect("it is free"));
    assert!(path.exists());
    happens(&path);
    let lock = take().expect("it is free");
    assert!(take().is_none());
    assert!(FileLock::try_take(&state_dir, &path, Mode::Shared).expect("tried").is_none());
    drop(lock);
    let other = FileLock::try_take(&state_dir, &path, Mode::Exclusive).expect("tried");
    assert!(other.is_some() && take().is_none());
}

#[test]
fn open_lock_file_is_reused_only_if_it_is_still_at_its_path() {
    check_kept(|_| {});
    check_kept(|path| fs::remove_file(path).expect("removed"));
    check_kept(|path| fs::rename(path, path.with_extension("moved")).expect("renamed"));
    check_kept(|path| {
        fs::remove_file(path).expect("removed");
        fs::write(path, "").expect("written");
    });
    check_kept(|path| {
        let base = path.parent().expect("the base");
        fs::rename(base, base.with_extension("moved")).expect("renamed");
    });
}

#[test]
fn released_lock_file_is_removed_unless_another_process_holds_it() {
    for is_held in [false, true] {
        let dir = tempfile::tempdir().expect("a directory");
        let (state_dir, path) = base(&dir);
        drop(FileLock::try_take_kept(&state_dir, &path, Mode::Shared).expect("tried").expect("it is free"));
        let other = is_held.then(|| FileLock::take(&state_dir, &path, Mode::Exclusive).expect("taken"));
        idle_locks::take(&path).into_iter().for_each(discard);
        assert_eq!(path.exists(), is_held);
        drop(other);
        assert!(!path.exists());
    }
}

#[test]
fn waiting_process_gets_the_lock_before_the_next_try() {
    for mode in [Mode::Exclusive, Mode::Shared] {
        let dir = tempfile::tempdir().expect("a directory");
        let (state_dir, path) = base(&dir);
        let take = || FileLock::try_take_kept(&state_dir, &path, Mode::Exclusive).expect("tried");
        let first = take().expect("it is free");
        std::thread::scope(|scope| {
            let waiter = scope.spawn(|| FileLock::take(&state_dir, &path, mode).expect("taken"));
            while FileLock::try_take(&state_dir, &turn(&path), Mode::Exclusive).expect("tried").is_some() {
                std::thread::yield_now();
            }
            drop(first);
            assert!(take().is_none());
            drop(waiter.join().expect("it has waited"));
        });
        assert!(take().is_some());
    }
}

#[test]
fn lock_outside_the_state_directory_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    let state_dir = StateDir::at(dir.path().join("base"));
    assert!(FileLock::take(&state_dir, &dir.path().join("x.lock"), Mode::Exclusive).is_err());
}
