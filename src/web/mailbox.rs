//! The mailbox: inputs on their way to their keepers.
//!
//! Everything that happens is posted here. The runtime empties it, and is woken by each post.

use crate::io::Input;
use core::cell::RefCell;
use core::mem::take;

/// A running keeper's number, which is all that the facade has of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct KeeperId(pub(crate) u32);

/// Inputs with the keepers that they are for, in the order of their arrival.
pub(crate) type Inbox = Vec<(KeeperId, Input)>;

struct Mailbox {
    inbox: Inbox,
    wake: fn(),
}

thread_local! {
    static MAILBOX: RefCell<Mailbox> = const { RefCell::new(Mailbox { inbox: Vec::new(), wake: || {} }) };
}

/// Has `wake` called after each post.
pub(crate) fn on_post(wake: fn()) {
    MAILBOX.with_borrow_mut(|mailbox| mailbox.wake = wake);
}

/// Posts an input, which its keeper gets now, or as soon as the loop further up the stack gets to it.
pub(crate) fn post(keeper: KeeperId, input: Input) {
    let wake = MAILBOX.with_borrow_mut(|mailbox| {
        mailbox.inbox.push((keeper, input));
        mailbox.wake
    });
    wake();
}

/// Posts several inputs at once.
pub(crate) fn post_all(inputs: impl Iterator<Item = (KeeperId, Input)>) {
    let wake = MAILBOX.with_borrow_mut(|mailbox| {
        mailbox.inbox.extend(inputs);
        mailbox.wake
    });
    wake();
}

/// Empties the mailbox.
pub(crate) fn take_inbox() -> Inbox {
    MAILBOX.with_borrow_mut(|mailbox| take(&mut mailbox.inbox))
}
