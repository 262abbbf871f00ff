//! x
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let n: u64 = args.get(1).and_then(|a| a.parse().ok()).unwrap_or(100);
    let sort = match args.get(2).map(String::as_str) { Some("healthy") => sim::draw::Sort::Healthy, Some("usual") => sim::draw::Sort::Usual, _ => sim::draw::Sort::Wild };
    let t = std::time::Instant::now();
    let mut names = std::collections::BTreeMap::new();
    for seed in 0..n {
        let plan = d(sort, seed);
        let day = sim::play(&plan, false);
        if let Some(v) = day.violations.first() { let e = names.entry(v.name).or_insert((0, seed, v.clone())); e.0 += 1; }
    }
    println!("{n} days in {:?}; {names:#?}", t.elapsed());
    for (name, (_, seed, _)) in names {
        let plan = sim::shrink::shrink(&d(sort, seed), name);
        let day = sim::play(&plan, true);
        println!("\n=== {name} seed {seed}");
        for fault in &plan.faults { println!("  {fault}"); }
        let v = &day.violations[0];
        println!("{v:?}");
        let at = day.trace.iter().rposition(|l| l[..12] <= *sim::stamp(v.at).as_str()).unwrap_or(0);
        for l in &day.trace[at.saturating_sub(25)..(at + 8).min(day.trace.len())] { println!("    {}", l.chars().take(230).collect::<String>()); }
    }
}

fn d(sort: sim::draw::Sort, seed: u64) -> sim::plan::Plan {
    let mut p = sim::draw::draw(sort, seed);
    if std::env::var("NOCLOCK").is_ok() { p.faults.retain(|f| !matches!(f.what, sim::plan::What::Skewed(_) | sim::plan::What::ClockSet(_))); }
    p
}
