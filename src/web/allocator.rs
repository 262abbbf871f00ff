//! The allocator. It zeroes what it takes back.
//!
//! Any text may be a token, and many a copy belongs to nobody who could zero it: wasm-bindgen's glue copies a text into
//! memory that it then makes larger or smaller, a `Vec` that grows leaves its old place behind, and a property is read
//! only to be compared. [`AccessToken`](crate::token::AccessToken) zeroes its own text, on every platform.

use core::alloc::{GlobalAlloc, Layout};
use core::hint::black_box;
use talc::cell::TalcSyncCell;
use talc::wasm::{WasmBinning, WasmGrowAndClaim};

// Each piece of memory that is added is a heap of its own: 50 bytes less than one that grows.
#[global_allocator]
static ALLOCATOR: Zeroing = Zeroing(TalcSyncCell::new_wasm(WasmGrowAndClaim));

struct Zeroing(TalcSyncCell<WasmGrowAndClaim, WasmBinning>);

#[expect(unsafe_code, reason = "an allocator is unsafe by its nature")]
// SAFETY: memory is taken from the inner allocator and given back to it, and written to while it is still taken
unsafe impl GlobalAlloc for Zeroing {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as of this function
        unsafe { self.0.alloc(layout) }
    }

    unsafe fn dealloc(&self, start: *mut u8, layout: Layout) {
        // SAFETY: as of this function. The box keeps the compiler from leaving out what nobody reads.
        unsafe {
            start.write_bytes(0, layout.size());
            self.0.dealloc(black_box(start), layout);
        }
    }

    // `realloc` as it is provided allocates, copies and gives the old memory back
}
