//! Memory that held a secret is zeroed when it is given back.

/// A text or bytes that are zeroed when they are dropped.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) type Zeroed<T> = zeroize::Zeroizing<T>;

/// A text or bytes that are zeroed when they are dropped: by the allocator, which zeroes whatever it takes back
/// (`src/web/allocator.rs`). To do it twice takes a fifth of the time that an answer of 1 MiB does.
#[cfg(target_arch = "wasm32")]
pub(crate) type Zeroed<T> = T;
