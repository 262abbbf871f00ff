//! wasm-bindgen's command line and its test runner in one binary, at the version that Cargo.lock gives
//! the library. A CLI of any other version refuses the module, so none is looked for on the machine.

use std::{env, ffi::OsString, process::ExitCode};

fn main() -> ExitCode {
    let mut args = env::args_os();
    let program = args.next().unwrap_or_default();
    let which = args.next().unwrap_or_default();
    // Both command lines want the program's name first, as if they had been called by themselves.
    let rest = std::iter::once(program).chain(args).collect::<Vec<OsString>>();
    let done = match which.to_str() {
        Some("bindgen") => wasm_bindgen_cli::wasm_bindgen::run_cli_with_args(rest),
        Some("test-runner") => wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args(rest),
        _ => Err(anyhow::anyhow!(
            "usage: wasm-bindgen-tool bindgen|test-runner ARGUMENTS"
        )),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:?}");
            ExitCode::FAILURE
        }
    }
}
