//! The views of Redis and of the processes, and the detection of their differences.

use std::time::Duration;

use run_locks::{Difference, Form, Locks, Token};

use crate::fixtures::{Place, TestResult};

const TTL: Duration = Duration::from_secs(600);

fn lock(locks: &Locks, file: &str) -> TestResult<Token> {
    Ok(locks.acquire(file, TTL)?.ok_or("it is locked")?)
}

/// The number of files in the hash. It reads the hash directly: [`Locks::locked_files`] removes expired files.
fn n_listed(place: &Place) -> TestResult<usize> {
    Ok(redis::cmd("HLEN").arg("runs:files").query(&mut place.redis().connect()?)?)
}

/// Makes the lock of the file expire.
fn expire(file: &str, place: &Place) -> TestResult {
    Ok(redis::cmd("PEXPIRE").arg(format!("runs:lock:{file}")).arg(0).exec(&mut place.redis().connect()?)?)
}

#[swimlanes::test(tags("mended", "integration"))]
fn unlocked_file_is_removed_from_the_list_in_the_same_step(place: Place) -> TestResult {
    let locks = place.locks(Form::Mended, "mine")?;
    let released = lock(&locks, "released")?;
    for file in ["forced", "cleared", "cleared too"] {
        lock(&locks, file)?;
    }
    assert_eq!(n_listed(&place)?, 4);
    assert!(locks.release("released", &released)?);
    assert_eq!(n_listed(&place)?, 3);
    assert!(locks.force_unlock("forced")?);
    assert_eq!(n_listed(&place)?, 2);
    locks.clear_all()?;
    assert_eq!(n_listed(&place)?, 0);
    Ok(())
}

#[swimlanes::test(tags("mended", "integration"))]
fn expired_file_is_removed_when_the_files_are_listed(place: Place) -> TestResult {
    let locks = place.locks(Form::Mended, "mine")?;
    lock(&locks, "expired")?;
    let token = lock(&locks, "locked")?;
    expire("expired", &place)?;
    assert_eq!(n_listed(&place)?, 2);
    assert_eq!(locks.locked_files()?, [("locked".to_owned(), token)].into());
    assert_eq!(n_listed(&place)?, 1);
    Ok(())
}

#[swimlanes::test(tags("mended", "integration"))]
fn verify_state_finds_no_difference_if_both_sides_agree(place: Place) -> TestResult {
    let (mine, theirs) = (place.locks(Form::Mended, "mine")?, place.locks(Form::Mended, "theirs")?);
    let token = lock(&mine, "a")?;
    lock(&theirs, "b")?;
    assert_eq!(mine.verify_state()?, []);
    assert!(mine.release("a", &token)?);
    assert_eq!(mine.verify_state()?, []);
    assert_eq!(mine.locked_files()?.into_keys().collect::<Vec<_>>(), ["b"]);
    Ok(())
}

#[swimlanes::test(tags("mended", "integration"))]
fn each_difference_names_its_file(place: Place) -> TestResult {
    let (mine, theirs) = (place.locks(Form::Mended, "mine")?, place.locks(Form::Mended, "theirs")?);
    let (freed, overtaken) = (lock(&mine, "freed")?, lock(&mine, "overtaken")?);
    theirs.force_unlock("freed")?;
    theirs.force_unlock("overtaken")?;
    let by = lock(&theirs, "overtaken")?;
    let orphaned = lock(&place.locks(Form::Mended, "mine")?, "orphaned")?;

    let expected = [
        Difference::OnlyHere { file: "freed".to_owned(), token: freed },
        Difference::Orphaned { file: "orphaned".to_owned(), token: orphaned },
        Difference::Overtaken { file: "overtaken".to_owned(), token: overtaken, by },
    ];
    assert_eq!(mine.verify_state()?, expected);
    assert_eq!(expected[2].to_string(), "overtaken: 2@mine is recorded here, but 3@theirs holds the lock");

    assert_eq!(mine.held()?, [].into(), "it asks, and forgets what it does not have");
    assert_eq!(mine.verify_state()?, expected[1..2]);
    Ok(())
}

#[swimlanes::test(tags("mended", "integration"))]
fn clear_all_frees_every_file_and_repeats_no_number(place: Place) -> TestResult {
    let (mine, operator) = (place.locks(Form::Mended, "mine")?, place.locks(Form::Mended, "operator")?);
    for file in ["a", "b", "c"] {
        lock(&mine, file)?;
    }
    operator.clear_all()?;
    assert_eq!(operator.locked_files()?, [].into());
    assert_eq!(mine.held()?, [].into());
    assert_eq!(lock(&operator, "a")?.to_string(), "4@operator");
    Ok(())
}

#[swimlanes::test(cases(hash = Form::Hash, expiring = Form::Expiring), tags("broken", "integration"))]
fn older_form_keeps_locks_that_were_cleared(#[case] form: Form, place: Place) -> TestResult {
    let (mine, operator) = (place.locks(form, "mine")?, place.locks(form, "operator")?);
    let token = lock(&mine, "a")?;
    operator.clear_all()?;
    assert_eq!(mine.held()?, [("a".to_owned(), token.clone())].into());
    assert_eq!(mine.verify_state()?, [Difference::OnlyHere { file: "a".to_owned(), token }]);
    Ok(())
}

#[swimlanes::test(tags("broken", "integration"))]
fn second_form_lists_files_whose_lock_has_expired(place: Place) -> TestResult {
    let locks = place.locks(Form::Expiring, "mine")?;
    lock(&locks, "a")?;
    expire("a", &place)?;
    assert_eq!(locks.holder("a")?, None);
    assert_eq!(locks.locked_files()?.len(), 1);
    Ok(())
}
