//! Header fields that the server answers for, whoever chooses a head: the framing, the life of the
//! connection, who may read the response and what it may do.

const OURS: [&str; 18] = [
    "connection",
    "transfer-encoding",
    "content-length",
    "date",
    "trailer",
    "upgrade",
    "keep-alive",
    "te",
    "vary",
    "set-cookie",
    "x-content-type-options",
    "content-security-policy",
    // What follows changes the browser beyond this one answer, for all programs on localhost.
    "clear-site-data",
    "www-authenticate",
    "refresh",
    "report-to",
    "nel",
    "service-worker-allowed",
];
const OURS_BELOW: &str = "access-control-";

/// Whether the server answers for the field of this name, which has small letters only.
pub(crate) fn is_own(name: &str) -> bool {
    OURS.contains(&name) || name.starts_with(OURS_BELOW)
}
