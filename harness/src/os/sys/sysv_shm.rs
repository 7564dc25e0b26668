//! Segments of shared memory that outlive their processes.
#![allow(unsafe_code)]

use std::mem::MaybeUninit;
use std::ptr;

/// Removes this segment, if that process has made it and nobody uses it any more.
pub(crate) fn remove_segment(id: i32, creator: i32) {
    let mut state = MaybeUninit::<libc::shmid_ds>::zeroed();
    // SAFETY: it writes no more than a `shmid_ds`, which all zeros are one of.
    let state = unsafe {
        if libc::shmctl(id, libc::IPC_STAT, state.as_mut_ptr()) != 0 {
            return;
        }
        state.assume_init()
    };
    if state.shm_nattch == 0 && state.shm_cpid == creator {
        // SAFETY: the third argument has no meaning here.
        unsafe { libc::shmctl(id, libc::IPC_RMID, ptr::null_mut()) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_there(id: i32) -> bool {
        let mut state = MaybeUninit::<libc::shmid_ds>::zeroed();
        // SAFETY: as above.
        unsafe { libc::shmctl(id, libc::IPC_STAT, state.as_mut_ptr()) == 0 }
    }

    #[test]
    fn what_is_another_ones_or_is_used_stays() {
        let own = i32::try_from(std::process::id()).expect("it is small");
        // SAFETY: a new segment of this size, which nobody else knows.
        let id = unsafe { libc::shmget(libc::IPC_PRIVATE, 56, libc::IPC_CREAT | 0o600) };
        assert!(id >= 0, "{}", std::io::Error::last_os_error());
        // SAFETY: wherever the system wants to have it.
        let place = unsafe { libc::shmat(id, ptr::null(), 0) };
        remove_segment(id, own);
        assert!(is_there(id), "it is used");
        // SAFETY: nothing refers into it.
        unsafe { libc::shmdt(place) };
        remove_segment(id, own + 1);
        assert!(is_there(id), "another process has made it");
        remove_segment(id, own);
        assert!(!is_there(id));
    }
}
