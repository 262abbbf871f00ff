//! The durations stand twice, since the facade checks them before the engine has loaded: here they are compared.

use powerbi_token_keeper::policy::LIMITS;

#[test]
fn the_facade_has_the_engines_limits() {
    let facade = include_str!("../npm/src/options.ts").replace('_', "");
    for limit in LIMITS {
        let (usual, min, max) = (limit.default.as_ms(), limit.min.as_ms(), limit.max.as_ms());
        let line = format!("{}: [{usual}, {min}, {max}],", limit.name);
        assert!(facade.contains(&line), "npm/src/options.ts lacks `{line}`");
    }
    let lines = facade
        .split("DURATIONS = {")
        .nth(1)
        .and_then(|rest| rest.split('}').next())
        .unwrap_or_default();
    assert_eq!(
        lines.matches(": [").count(),
        LIMITS.len(),
        "the facade has one that the engine lacks"
    );
}
