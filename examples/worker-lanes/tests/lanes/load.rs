//! Many clients at once: such a test uses all cores, so no other test runs at the same time.

use swimlanes::kit::together::run_together_async;

use crate::fixtures::{Service, TestResult};

const N_CLIENTS: usize = 16;

#[swimlanes::test(no_parallel, slow, tags("integration"))]
async fn concurrent_clients_hand_in_their_parcels(service: Service) -> TestResult {
    let service = &service;
    let hand_in = |n: usize| async move {
        let mut client = service.client().await?;
        for m in 0..3 {
            let (status, answer) = client.hand_in(&format!("AB{}", 100 * n + m), 100).await?;
            assert_eq!(status, 201, "{answer}");
        }
        Ok(()) as TestResult
    };
    for handed_in in run_together_async(N_CLIENTS, hand_in).await {
        handed_in??;
    }
    assert_eq!(service.lane.repository.totals().await?, (48, 4800));
    Ok(())
}

/// Each client tries to load the same parcel.
#[swimlanes::test(no_parallel, tags("integration"))]
async fn one_of_many_clients_gets_the_parcel(service: Service) -> TestResult {
    service.client().await?.hand_in("AB1", 500).await?;
    let service = &service;
    let sort = |_| async move { service.client().await?.advance("AB1", &["sorted"]).await };
    let mut statuses = Vec::new();
    for sorted in run_together_async(N_CLIENTS, sort).await {
        statuses.push(sorted??.0);
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [&[200][..], &[409; N_CLIENTS - 1]].concat());
    Ok(())
}
