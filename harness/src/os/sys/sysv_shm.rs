//! Segments of shared memory that outlive their processes.
#![allow(unsafe_code)]

use std::mem::MaybeUninit;
use std::ptr;

/// Removes the segment with this id if `owner` owns it, the process `creator` created it, and it is abandoned: no process is attached, or
/// its creator has exited.
///
/// Children of the creator may still be attached while they exit. The kernel removes the segment when the last one detaches.
pub(crate) fn remove_segment(id: i32, owner: u32, creator: i32) {
    let mut state = MaybeUninit::<libc::shmid_ds>::zeroed();
    // SAFETY: it writes at most a `shmid_ds`, and all zeros are a valid one.
    let state = unsafe {
        if libc::shmctl(id, libc::IPC_STAT, state.as_mut_ptr()) != 0 {
            return;
        }
        state.assume_init()
    };
    let is_abandoned = state.shm_nattch == 0 || has_exited(creator);
    if state.shm_perm.uid == owner && state.shm_cpid == creator && is_abandoned {
        // SAFETY: the third argument has no meaning here.
        unsafe { libc::shmctl(id, libc::IPC_RMID, ptr::null_mut()) };
    }
}

/// Whether no process has this id. A process of another user counts as running.
fn has_exited(process: i32) -> bool {
    let pid = rustix::process::Pid::from_raw(process);
    pid.is_some_and(|pid| rustix::process::test_kill_process(pid) == Err(rustix::io::Errno::SRCH))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(id: i32) -> Option<libc::shmid_ds> {
        let mut state = MaybeUninit::<libc::shmid_ds>::zeroed();
        // SAFETY: as above.
        unsafe { (libc::shmctl(id, libc::IPC_STAT, state.as_mut_ptr()) == 0).then(|| state.assume_init()) }
    }

    /// Creates a segment with this key.
    fn new_segment(key: i32) -> i32 {
        // SAFETY: it takes three numbers.
        unsafe { libc::shmget(key, 56, libc::IPC_CREAT | libc::IPC_EXCL | 0o600) }
    }

    #[test]
    fn segment_in_use_or_of_another_process_is_not_removed() {
        let own = i32::try_from(std::process::id()).expect("it is small");
        let id = new_segment(libc::IPC_PRIVATE);
        let owner = state(id).expect("it is there").shm_perm.uid;
        // SAFETY: the system chooses the address.
        let place = unsafe { libc::shmat(id, ptr::null(), 0) };
        remove_segment(id, owner, own);
        assert!(state(id).is_some(), "it is used, and its creator runs");
        // SAFETY: nothing refers into it.
        unsafe { libc::shmdt(place) };
        remove_segment(id, owner, own + 1);
        assert!(state(id).is_some(), "another process has made it");
        remove_segment(id, owner, own);
        assert!(state(id).is_none());
    }

    #[test]
    fn segment_of_an_ended_creator_is_removed_with_its_last_user() {
        let key = i32::try_from(std::process::id()).expect("it is small") | 0x5100_0000;
        // SAFETY: the child makes one system call, and exits.
        let creator = unsafe { libc::fork() };
        if creator == 0 {
            let made = new_segment(key) >= 0;
            // SAFETY: the child has finished.
            unsafe { libc::_exit(i32::from(!made)) };
        }
        let mut status = 0;
        // SAFETY: only this test waits for this child.
        assert_eq!(unsafe { libc::waitpid(creator, &raw mut status, 0) }, creator);
        assert_eq!(status, 0);
        // SAFETY: it takes three numbers, and the system chooses the address.
        let (id, place) = unsafe {
            let id = libc::shmget(key, 56, 0);
            (id, libc::shmat(id, ptr::null(), 0))
        };
        let owner = state(id).expect("it is there").shm_perm.uid;
        remove_segment(id, owner + 1, creator);
        // SAFETY: it takes three numbers.
        let is_there = unsafe { libc::shmget(key, 56, 0) } == id;
        assert!(is_there, "it belongs to another user");
        remove_segment(id, owner, creator);
        assert_eq!(state(id).expect("it is attached").shm_nattch, 1);
        // SAFETY: nothing refers into it.
        unsafe { libc::shmdt(place) };
        assert!(state(id).is_none());
    }
}
