//! Puts a WebAssembly module together that `scripts/lib/split.mjs` took apart, and says there why. A module
//! itself, since JavaScript that runs once is slow: joining took a third of the time until a keeper is armed.
//!
//! Written for size, as each chunk carries it: one function each for what is done in several places, and no tables.
//!
//! The text is one that `split.mjs` wrote. Any other gives bytes that no browser compiles, or traps.

#![cfg(target_arch = "wasm32")]
#![no_std]

// The parts, as `split.mjs` orders them. Those without a name here hold operands alone.
/// The bytes before the code section, and those after it; how many, and then each with a bit turned over.
const BEFORE: u32 = 0;
const AFTER: u32 = 1;
/// The opcodes, the frequent ones first.
const OPCODES: u32 = 2;
/// The instructions, each as its opcode's place among those; behind a call, its function.
const CODE: u32 = 3;
const LABEL: u32 = 5;
/// How many functions there are, how many are imported, how many opcodes; then each function's locals.
const FUNCTIONS: u32 = 11;
/// For each opcode, in which part its operands are, and how many they are.
const OPERANDS: u32 = 16;
/// One for each opcode that comes after a constant.
const CONSTANTS: u32 = 17;

/// The bit that is turned over in bytes.
const TURNED: u32 = 64;
/// What the number of operands is multiplied by, with the part beside it.
const PARTS: u32 = 32;
/// The digits are printable ASCII from this one on, without `<` and `\`.
const FIRST: u32 = 35;
/// Digits below this one end a number.
const LAST: u32 = 80;

/// What is known. JavaScript lays it out, all zeros but for the parts and the end.
#[repr(C)]
pub struct Join {
    /// Where the next character of each part is.
    parts: [*const u8; 128],
    /// Where the next byte goes.
    end: *mut u8,
    opcodes: [u32; 128],
    operands: [u32; 128],
    /// The locals of a function, the last used first, and before any is used.
    recent: [u32; 1024],
    unused: [u32; 1024],
}

/// Writes the module, and moves the end behind it.
#[unsafe(no_mangle)]
pub extern "C" fn join(join: &mut Join) {
    join.bytes(BEFORE);
    join.section();
    join.bytes(AFTER);
}

impl Join {
    // `inline` as it is, here and below: 300 bytes less than by the compiler's own choice
    /// A number in the digits of a part: the last one is below `LAST`, those before it count in tens.
    #[inline(never)]
    fn number(&mut self, part: u32) -> u32 {
        let next = &mut self.parts[part as usize & 127];
        let mut tens = 0;
        loop {
            // SAFETY: where a part begins and ends, is for JavaScript to see to; nobody else has this memory
            let character = u32::from(unsafe { **next });
            *next = next.wrapping_add(1);
            let digit = character - FIRST - u32::from(character > 60) - u32::from(character > 92);
            if digit < LAST {
                return tens * LAST + digit;
            }
            tens = tens * 10 + digit - LAST + 1;
        }
    }

    #[inline(never)]
    fn byte(&mut self, byte: u32) {
        // SAFETY: as above
        unsafe { *self.end = byte as u8 };
        self.end = self.end.wrapping_add(1);
    }

    #[inline(never)]
    fn write(&mut self, mut number: u32) {
        while number > 127 {
            self.byte(number | 128);
            number >>= 7;
        }
        self.byte(number);
    }

    #[inline(never)]
    fn copy(&mut self, part: u32) -> u32 {
        let number = self.number(part);
        self.write(number);
        number
    }

    #[inline(never)]
    fn bytes(&mut self, part: u32) {
        for _ in 0..self.number(part) {
            let byte = self.number(part);
            self.byte(byte ^ TURNED);
        }
    }

    /// Leaves room for the size of what comes, in three bytes.
    #[inline(never)]
    fn begin(&mut self) -> *mut u8 {
        self.end = self.end.wrapping_add(3);
        self.end
    }

    #[inline(never)]
    fn size(&mut self, start: *mut u8) {
        let end = self.end;
        let size = end as u32 - start as u32;
        self.end = start.wrapping_sub(3);
        self.byte(size | 128);
        self.byte(size >> 7 | 128);
        self.byte(size >> 14);
        self.end = end;
    }

    fn section(&mut self) {
        let section = self.begin();
        let functions = self.copy(FUNCTIONS);
        let imported = self.number(FUNCTIONS);
        let opcodes = self.number(FUNCTIONS);
        for at in 0..opcodes {
            self.opcodes[at as usize & 127] = self.number(OPCODES);
            self.operands[at as usize & 127] = self.number(OPERANDS);
        }
        for at in 0..1024 {
            self.unused[at] = at as u32;
        }
        for _ in 0..functions {
            let function = self.begin();
            self.function(functions, imported);
            self.size(function);
        }
        self.size(section);
    }

    #[inline(never)]
    fn instruction(&mut self) -> usize {
        self.number(CODE) as usize & 127
    }

    #[inline(always)]
    fn function(&mut self, functions: u32, imported: u32) {
        let declared = self.copy(FUNCTIONS);
        for _ in 0..declared * 2 {
            self.copy(FUNCTIONS);
        }
        self.recent = self.unused;
        let mut depth = 1;
        while depth > 0 {
            let at = self.instruction();
            let opcode = self.opcodes[at];
            let mut part = self.operands[at] % PARTS;
            let mut count = self.operands[at] / PARTS;
            self.byte(opcode);
            match opcode {
                // the end of a block, and its beginning
                0x0b => depth -= 1,
                0x02..=0x04 => depth += 1,
                // what loads and stores are aligned to
                0x28..=0x3e => self.byte(0),
                0x41 => self.constant(),
                _ => {}
            }
            while count > 0 {
                count -= 1;
                let mut number = self.number(part);
                match opcode {
                    // the module's own functions come first
                    0x10 => {
                        number = if number < functions {
                            number + imported
                        } else {
                            number - functions
                        }
                    }
                    0x20..=0x22 => number = self.local(number),
                    // a table of labels
                    0x0e if part != LABEL => {
                        part = LABEL;
                        count = number + 1;
                    }
                    // a constant of 64 bits goes on while its bytes say so, one of floating point has so many
                    0x42..=0x44 => {
                        if opcode == 0x42 && number > 127 {
                            count = 1;
                        }
                        self.byte(number);
                        continue;
                    }
                    _ => {}
                }
                self.write(number);
            }
        }
    }

    #[inline(always)]
    fn local(&mut self, ago: u32) -> u32 {
        let local = self.recent[ago as usize & 1023];
        let mut at = ago as usize;
        while at > 0 {
            self.recent[at & 1023] = self.recent[(at - 1) & 1023];
            at -= 1;
        }
        self.recent[0] = local;
        local
    }

    #[inline(always)]
    fn constant(&mut self) {
        let next = self.parts[CODE as usize];
        let at = self.instruction();
        self.parts[CODE as usize] = next;
        let mut number = (self.number(CONSTANTS + at as u32) - 4) as i32;
        while !(-64..64).contains(&number) {
            self.byte(number as u32 | 128);
            number >>= 7;
        }
        self.byte(number as u32 & 127);
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}
