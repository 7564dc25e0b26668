//! What a retry does, on a clock that takes no time.

use super::*;
use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering};

fn is_send<T: Send>(it: T) -> T {
    it
}

#[test]
fn a_future_is_send_where_what_it_works_with_is() {
    async fn stores() {
        let rolled_back = AtomicU32::new(0);
        let retry = Retry::new().before_again_async(|_: &String, tries| {
            let rolled_back = &rolled_back;
            async move {
                std::future::ready(()).await;
                rolled_back.fetch_add(tries, Ordering::SeqCst);
                Ok(())
            }
        });
        let _ = retry.run_async(|| async { Err::<u32, _>(rolled_back.load(Ordering::SeqCst).to_string()) }).await;
    }
    async fn fails_with_what_cannot_be_shared() {
        let retry = Retry::new().before_again(|_: &Cell<u8>, _| Ok(()));
        let _ = retry.run_async(|| async { Err::<(), _>(Cell::new(1)) }).await;
    }
    drop(is_send(stores()));
    drop(is_send(fails_with_what_cannot_be_shared()));
}
