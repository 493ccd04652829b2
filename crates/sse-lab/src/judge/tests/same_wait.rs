//! What the waits in several cases say together.

use super::*;

/// A client that waits so long where it is told 800, 900 and 1,100 ms.
fn said(waits: [u64; 3]) -> Option<String> {
    let told = [("A", 800), ("B", 900), ("C", 1_100)];
    let cases = told.map(|(id, told)| Case {
        id: id.to_owned(),
        ..asking(
            1,
            Question::Delay {
                told: ms(told),
                misread: Vec::new(),
            },
        )
    });
    let clients = waits.map(|wait| Client::default().asks(0, 10).open(10 + wait));
    let came = cases.iter().zip(&clients);
    let came = came.map(|(case, client)| (case, &client.0, ms(20_000)));
    same_wait(Profile::Standard, came)
}

/// A fixed wait of 1.5 s was right in each case that tells a time.
#[test]
fn a_client_that_ignores_retry_is_noticed_by_all_its_waits() {
    let words =
        "It waited 1.5 s to 1.5 s in A, B and C, whatever it was told: it seems to ignore retry.";
    assert_eq!(said([1_500, 1_510, 1_520]).as_deref(), Some(words));
    for right in [
        [800, 900, 1_100],
        [1_000, 1_100, 1_300],
        [800, 1_700, 1_200],
    ] {
        assert_eq!(said(right), None, "{right:?}");
    }
    // One that did not come back in a case says nothing there.
    assert_eq!(said([1_500, 30_000, 1_500]), None);
}
