/// The report's style sheet: light and dark by the reader's preference, quiet on paper.
enum ReportStyle {
    static let css: HTML = """
        :root {
          --paper: #fbfbf9; --card: #ffffff; --ink: #1c2127; --soft: #5a6470; --line: #dfe2e5;
          --accent: #0f6f7c; --good: #1b7a43; --bad: #b3261e; --open: #5a6470; --over: #ffffff;
          --weights: #0f6f7c; --tables: #5f5bb5; --arena: #c2731a; --tokenizer: #9aa3ad;
          --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --paper: #14171a; --card: #1c2024; --ink: #e6e9ec; --soft: #9ba5b0; --line: #333a41;
            --accent: #4cb8c4; --good: #5cc48a; --bad: #f2877e; --open: #9ba5b0; --over: #101316;
            --weights: #4cb8c4; --tables: #9d99f0; --arena: #e5a253; --tokenizer: #6d7782;
          }
        }
        * { box-sizing: border-box; }
        body {
          margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, "DejaVu Sans", sans-serif;
          font-variant-numeric: tabular-nums; -webkit-text-size-adjust: 100%;
        }
        header, main { max-width: 1080px; margin: 0 auto; padding: 0 24px; }
        header { padding-top: 32px; }
        main { padding-bottom: 64px; }
        p { margin: 0 0 8px; }
        a { color: var(--accent); }
        h1 { font-size: 28px; line-height: 1.2; margin: 0 0 4px; overflow-wrap: anywhere; }
        h2 { font-size: 20px; margin: 0 0 12px; }
        h3 { font-size: 15px; margin: 24px 0 8px; }
        .brand { color: var(--accent); font-weight: 600; margin: 0; }
        .subtitle, .note, .unit, .margin { color: var(--soft); }
        .note { font-size: 13px; }
        .facts { display: flex; flex-wrap: wrap; gap: 4px 28px; margin: 12px 0 0; }
        .facts dt { color: var(--soft); font-size: 12px; }
        .facts dd { margin: 0; overflow-wrap: anywhere; }
        section {
          background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 20px 24px; margin-top: 20px;
        }
        nav { display: flex; flex-wrap: wrap; gap: 4px 20px; margin-top: 16px; font-size: 14px; }
        .verdict {
          --state: var(--open); background: var(--card); border: 1px solid var(--line); border-left: 8px solid var(--state);
          border-radius: 10px; padding: 18px 24px; margin-top: 20px; overflow-wrap: anywhere;
        }
        .verdict.passed { --state: var(--good); }
        .verdict.failed { --state: var(--bad); }
        .word { color: var(--state); font-size: 26px; font-weight: 700; line-height: 1.2; }
        .checks { margin-top: 12px; width: auto; }
        .checks th, .checks td { padding-right: 28px; }
        .checks .failed td { color: var(--bad); font-weight: 600; }
        .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(110px, 1fr)); gap: 10px; margin-top: 12px; }
        .tile { min-width: 0; background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 12px; }
        .tile p { margin: 0; }
        .tile .name, .tile .unit { font-size: 12px; }
        .tile .value { font-size: 22px; font-weight: 650; line-height: 1.3; }
        table { border-collapse: collapse; width: 100%; font-size: 13px; }
        table.narrow { width: auto; min-width: min(100%, 420px); }
        th { text-align: left; font-weight: 600; color: var(--soft); vertical-align: bottom; }
        th, td { padding: 5px 12px 5px 0; border-bottom: 1px solid var(--line); }
        td { vertical-align: top; overflow-wrap: anywhere; }
        th:last-child, td:last-child { padding-right: 0; }
        tr:last-child td { border-bottom: 0; }
        .n { text-align: right; white-space: nowrap; }
        th.n { white-space: normal; }
        .total td { font-weight: 650; border-top: 2px solid var(--line); }
        .wide { overflow-x: auto; }
        .rows { table-layout: fixed; min-width: 640px; }
        .rows .line { width: 52px; }
        .rows .label { width: 17%; }
        .rows .error { width: 64px; }
        .answer { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 0 6px; }
        .margin { display: block; font-size: 12px; }
        .mark { font-weight: 700; }
        .mark.right { color: var(--good); }
        .mark.wrong { color: var(--bad); }
        .code { font-family: var(--mono); font-size: 12px; }
        .sources td { overflow-wrap: break-word; }
        .pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 300px), 1fr)); gap: 12px 36px; align-items: start; }
        figure { margin: 0; min-width: 0; }
        figcaption { font-weight: 600; font-size: 13px; margin-bottom: 4px; }
        svg { display: block; width: 100%; height: auto; }
        svg text { fill: var(--ink); font: 13px system-ui, "DejaVu Sans", sans-serif; text-anchor: middle; }
        svg text.axis { fill: var(--soft); font-size: 11px; }
        svg text.end { text-anchor: end; }
        svg text.zero { fill: var(--soft); opacity: .6; }
        svg text.over { fill: var(--over); }
        .dense { border: 1px solid var(--line); }
        .hit { fill: var(--accent); }
        .miss { fill: var(--bad); }
        .none { fill: var(--line); }
        .ring { fill: none; stroke: var(--ink); stroke-width: 2; }
        .grid { stroke: var(--line); fill: none; }
        .band { stroke: var(--accent); stroke-opacity: .15; fill: none; }
        .diagonal { stroke: var(--soft); stroke-dasharray: 4 4; fill: none; }
        .points { stroke: var(--accent); stroke-width: 4; stroke-linecap: round; stroke-opacity: .5; fill: none; }
        .histogram { width: 144px; height: 28px; min-width: 144px; fill: var(--accent); }
        .histogram .clipped { fill: var(--arena); }
        .bars td:first-child { width: 30%; }
        .bar { width: 50%; min-width: 60px; vertical-align: middle; }
        .track { display: block; height: 12px; border-radius: 3px; background: color-mix(in srgb, var(--line) 60%, transparent); overflow: hidden; }
        .fill { display: block; height: 100%; background: var(--accent); }
        .fill.low, .fill.arena { background: var(--arena); }
        .stack { position: relative; display: flex; height: 36px; border-radius: 6px; background: var(--line); margin-bottom: 12px; }
        .stack > span { border-right: 1px solid var(--card); }
        .stack > span:first-child { border-radius: 6px 0 0 6px; }
        .stack .budget { position: absolute; top: -5px; bottom: -5px; width: 0; border: 0; border-left: 3px solid var(--ink); margin-left: -2px; }
        .free { background: transparent; }
        .weights { background: var(--weights); }
        .tables { background: var(--tables); }
        .stack .arena, .key.arena { background: var(--arena); }
        .tokenizer { background: repeating-linear-gradient(45deg, var(--tokenizer) 0 5px, transparent 5px 9px); }
        .key { display: inline-block; width: 11px; height: 11px; border-radius: 2px; margin-right: 8px; }
        @media (max-width: 600px) { header, main { padding-left: 12px; padding-right: 12px; } section { padding: 16px; } }
        @media print {
          :root {
            --paper: #ffffff; --card: #ffffff; --ink: #000000; --soft: #444444; --line: #cccccc; --accent: #0f6f7c;
            --good: #1b7a43; --bad: #b3261e; --over: #ffffff; --weights: #0f6f7c; --tables: #5f5bb5; --arena: #c2731a;
            --tokenizer: #9aa3ad;
          }
          * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
          body { font-size: 11px; }
          header, main { max-width: none; padding: 0; }
          nav { display: none; }
          section { border: 0; border-top: 1px solid var(--line); border-radius: 0; padding: 12px 0; }
          tr, figure, .verdict, .tiles { break-inside: avoid; }
          h2, h3 { break-after: avoid; }
          .rows { min-width: 0; }
          .wide { overflow: visible; }
        }
        """
}
