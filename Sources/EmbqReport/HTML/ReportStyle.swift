/// The report's style sheet: light and dark by the reader's preference, quiet on paper.
enum ReportStyle {
    static let css: HTML = "\(colours)\n\(page)\n\(tables)\n\(drawings)\n\(bars)\n\(live)\n\(media)"

    /// Text has a contrast of 4.5 or more on every ground that it stands on, also on `--hit` and `--miss` at the
    /// opacity that a matrix gives them; lines and bars have 3.
    private static let colours: HTML = """
        :root {
          color-scheme: light dark;
          --paper: #f7f7f4; --card: #ffffff; --ink: #1c2127; --soft: #55606b; --line: #dfe2e5; --edge: #868f99;
          --accent: #0f6f7c; --good: #1b7a43; --bad: #b3261e; --open: #55606b; --hit: #0f6f7c; --miss: #c23b32;
          --weights: #0f6f7c; --tables: #5f5bb5; --arena: #b86a12; --tokenizer: #7d8791; --clipped: #c2570c;
          --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --paper: #14171a; --card: #1c2024; --ink: #e6e9ec; --soft: #a3adb8; --line: #333a41; --edge: #76808b;
            --accent: #4cb8c4; --good: #5cc48a; --bad: #f2877e; --open: #a3adb8; --hit: #1b8592; --miss: #c4473d;
            --weights: #4cb8c4; --tables: #9d99f0; --arena: #e5a253; --tokenizer: #76808b; --clipped: #f0934a;
          }
        }
        """

    private static let page: HTML = """
        * { box-sizing: border-box; }
        body {
          margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, "DejaVu Sans", sans-serif;
          font-variant-numeric: tabular-nums; -webkit-text-size-adjust: 100%;
        }
        header, main { max-width: 1080px; margin: 0 auto; padding: 0 24px; }
        header { padding-top: 32px; }
        main { padding-bottom: 64px; }
        p { margin: 0 0 8px; overflow-wrap: anywhere; }
        a { color: var(--accent); }
        :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
        h1 { font-size: 28px; line-height: 1.2; margin: 0 0 4px; overflow-wrap: anywhere; }
        h2 { font-size: 20px; margin: 0 0 12px; }
        h3 { font-size: 15px; margin: 24px 0 8px; }
        .brand { color: var(--accent); font-weight: 600; margin: 0; }
        .subtitle, .note, .unit, .margin, .interval { color: var(--soft); }
        .note { font-size: 13px; }
        .facts { display: flex; flex-wrap: wrap; gap: 4px 28px; margin: 12px 0 0; }
        .facts > div { min-width: 0; }
        .making { margin: 12px 0 0; }
        .making > div { margin-top: 8px; }
        dt { color: var(--soft); font-size: 12px; overflow-wrap: anywhere; }
        dd { margin: 0; overflow-wrap: anywhere; }
        section {
          background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 20px 24px; margin-top: 20px;
        }
        nav { display: flex; flex-wrap: wrap; gap: 4px 20px; margin-top: 16px; font-size: 14px; }
        .verdict {
          --state: var(--open); background: var(--card); border: 1px solid var(--line); border-left: 8px solid var(--state);
          border-radius: 10px; padding: 18px 24px; margin-top: 20px; overflow-wrap: anywhere;
        }
        .verdict > :last-child { margin-bottom: 0; }
        .verdict.passed { --state: var(--good); }
        .verdict.failed { --state: var(--bad); }
        .word { color: var(--state); font-size: 26px; line-height: 1.2; margin-bottom: 6px; }
        .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(136px, 1fr)); gap: 10px; margin: 12px 0 8px; }
        .tile { min-width: 0; background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 12px; }
        .tile p { margin: 0; }
        .tile .name, .tile .unit, .tile .interval { font-size: 12px; }
        .tile .value { font-size: 22px; font-weight: 650; line-height: 1.3; }
        .pair, .trio, .ranges { display: grid; gap: 20px 36px; align-items: start; }
        .pair { grid-template-columns: repeat(auto-fit, minmax(min(100%, 300px), 1fr)); }
        .matrices { grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)); }
        .trio { grid-template-columns: repeat(auto-fit, minmax(min(100%, 280px), 1fr)); margin-bottom: 20px; }
        .ranges { grid-template-columns: repeat(auto-fill, minmax(min(100%, 290px), 1fr)); }
        .pair > *, .trio > *, .ranges > * { min-width: 0; }
        """

    private static let tables: HTML = """
        table { border-collapse: collapse; width: 100%; font-size: 13px; }
        caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
        table.narrow { width: auto; min-width: min(100%, 340px); }
        th { text-align: left; font-weight: 600; color: var(--soft); vertical-align: bottom; }
        th[scope="row"] { font-weight: inherit; color: inherit; vertical-align: top; }
        th, td { padding: 5px 12px 5px 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
        td { vertical-align: top; }
        th:last-child, td:last-child { padding-right: 0; }
        tbody tr:last-child > * { border-bottom: 0; }
        .n { text-align: right; white-space: nowrap; }
        th.n[scope="col"] { white-space: normal; overflow-wrap: normal; }
        .wide {
          overflow-x: auto; position: relative;
          background:
            linear-gradient(to left, var(--card) 20px, transparent) right -2px top / 42px 100% no-repeat local,
            linear-gradient(to left, color-mix(in srgb, var(--edge) 50%, transparent), transparent) right / 10px 100% no-repeat scroll;
        }
        .checks { margin-top: 12px; width: auto; }
        .checks tr > * { padding-right: 28px; }
        .checks .n { white-space: normal; }
        .checks .failed { color: var(--bad); font-weight: 600; }
        .classes { min-width: 520px; }
        .classes th:first-child, .classes td:first-child { width: 44px; }
        .flips { min-width: 520px; }
        .rows { table-layout: fixed; min-width: 660px; }
        .rows tr > :nth-child(1) { width: 56px; }
        .rows tr > :nth-child(n+3) { width: 17%; }
        .rows tr > :nth-child(6) { width: 68px; }
        .answer { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 0 6px; }
        .margin { display: block; font-size: 12px; }
        .mark { font-weight: 700; }
        .mark.right { color: var(--good); }
        .mark.wrong { color: var(--bad); }
        .code { font-family: var(--mono); font-size: 12px; }
        .bars { min-width: 460px; }
        .bars tbody th { font-family: var(--mono); font-size: 12px; width: 28%; }
        .bars td:nth-child(3) { width: 42%; vertical-align: middle; }
        .bars .wrong { color: var(--bad); font-weight: 600; }
        .parts { min-width: 340px; }
        .parts tr > :nth-child(2) { white-space: nowrap; }
        .parts .section > * { font-weight: 600; }
        .parts .group th { padding-left: 19px; }
        .parts .group > * { color: var(--soft); padding-top: 2px; padding-bottom: 2px; border-bottom: 0; }
        .parts .group + .section > *, .total > * { border-top: 1px solid var(--line); }
        .parts .total > * { font-weight: 650; border-top: 2px solid var(--edge); }
        .arenas td:nth-child(2) { width: 55%; vertical-align: middle; }
        .sources { min-width: 560px; }
        .front { min-width: 560px; }
        .front .chosen { font-weight: 650; }
        """

    private static let drawings: HTML = """
        figure { margin: 0; min-width: 0; }
        figcaption { font-weight: 600; font-size: 13px; margin-bottom: 4px; overflow-wrap: anywhere; }
        svg { display: block; max-width: 100%; height: auto; }
        svg text { fill: var(--ink); font: 13px system-ui, "DejaVu Sans", sans-serif; text-anchor: middle; }
        svg text.axis, svg text.number { font-size: 11px; }
        svg text.axis { fill: var(--soft); }
        svg text.end { text-anchor: end; }
        svg text.start { text-anchor: start; }
        svg text.number { paint-order: stroke; stroke: var(--card); stroke-width: 3px; }
        svg text.strong { font-weight: 700; }
        svg text.clip-value { font-size: 11px; font-weight: 600; }
        svg text.nothing { fill: var(--soft); }
        .matrix text.axis { font-size: 12px; }
        .dense { border: 1px solid var(--line); }
        .hit { fill: var(--hit); }
        .miss { fill: var(--miss); }
        .none { fill: var(--line); fill-opacity: .35; }
        .ring { fill: none; stroke: var(--ink); stroke-width: 2; pointer-events: none; }
        .dense .ring { stroke-width: 1; }
        .grid { stroke: var(--line); fill: none; }
        .ground { stroke: var(--edge); fill: none; }
        .band { fill: var(--accent); fill-opacity: .2; }
        .diagonal { stroke: var(--edge); stroke-dasharray: 4 4; fill: none; }
        .points { stroke: var(--accent); stroke-width: 4; stroke-linecap: round; stroke-opacity: .5; fill: none; }
        .bar { fill: var(--accent); }
        .bar.clipped { fill: var(--clipped); }
        .clip { stroke: var(--ink); stroke-width: 1.5; stroke-dasharray: 4 3; fill: none; }
        .outline { stroke: var(--ink); stroke-width: 1.5; fill: none; }
        .zero { stroke: var(--edge); fill: none; }
        .limit { stroke: var(--bad); stroke-width: 1.5; stroke-dasharray: 4 3; fill: none; }
        .whisker { stroke: var(--accent); stroke-width: 2; fill: none; }
        .dot { fill: var(--accent); }
        .drop { margin-top: 20px; }
        .stairs { stroke: var(--accent); stroke-width: 1.5; fill: none; }
        .best { fill: var(--accent); stroke: var(--card); }
        .worse { fill: var(--card); stroke: var(--edge); stroke-width: 1.5; }
        .choice { fill: none; stroke: var(--ink); stroke-width: 2; }
        .range dl { display: grid; grid-template-columns: auto auto auto auto; gap: 0 12px; margin: 4px 0 0; font-size: 12px; }
        """

    private static let bars: HTML = """
        .track { display: block; position: relative; height: 12px; border-radius: 3px; background: var(--line); min-width: 60px; }
        .fill { display: block; height: 100%; border-radius: 3px; background: var(--accent); }
        .fill.low, .key.low { background: var(--bad); }
        .fill.weak, .key.weak { background: var(--arena); }
        .fill.arena { background: var(--arena); }
        .track .line { position: absolute; top: -3px; bottom: -3px; width: 0; border-left: 2px solid var(--ink); margin-left: -1px; }
        .stacks { position: relative; margin: 6px 0 14px; }
        .stack { display: flex; height: 34px; border-radius: 6px; overflow: hidden; background: var(--line); }
        .stack.groups { height: 16px; margin-top: 3px; }
        .stack > span { border-right: 1px solid var(--card); }
        .groups > .other { filter: opacity(.72); }
        .budget { position: absolute; top: -5px; bottom: -5px; border-left: 3px solid var(--ink); margin-left: -2px; }
        .weights { background: var(--weights); }
        .tables { background: var(--tables); }
        .stack .arena, .key.arena { background: var(--arena); }
        .tokenizer { background: repeating-linear-gradient(45deg, var(--tokenizer) 0 5px, transparent 5px 9px); }
        .key { display: inline-block; width: 11px; height: 11px; border-radius: 2px; margin-right: 8px; }
        .note .key { margin: 0 4px 0 2px; }
        .key.hit { background: var(--hit); }
        .key.miss { background: var(--miss); }
        .key.clipped { background: var(--clipped); }
        .key.budget { position: static; width: 3px; border-radius: 0; background: var(--ink); border: 0; height: 13px; }
        """

    private static let live: HTML = """
        textarea {
          display: block; width: 100%; margin-top: 4px; padding: 8px 10px; border: 1px solid var(--edge); border-radius: 6px;
          background: var(--paper); color: var(--ink); font: inherit; font-size: 16px; resize: vertical;
        }
        label, summary { font-weight: 600; font-size: 13px; }
        summary { cursor: pointer; }
        #live-status { color: var(--soft); font-size: 13px; }
        #live-status.problem, .problem { color: var(--bad); }
        .result { font-size: 22px; font-weight: 650; line-height: 1.3; margin: 12px 0 8px; }
        .answers { max-width: 720px; }
        .answers .track { min-width: 60px; margin-top: 4px; }
        .tokens { display: flex; flex-wrap: wrap; gap: 4px; }
        .token { min-width: 0; border: 1px solid var(--line); border-radius: 4px; padding: 0 6px; white-space: pre-wrap; }
        .token small { color: var(--soft); font-size: 11px; }

        """

    private static let media: HTML = """
        @media (max-width: 600px) {
          header, main { padding-left: 12px; padding-right: 12px; }
          section { padding: 16px; }
          .verdict { padding: 16px; }
          .checks tr > * { padding-right: 12px; }
          th, td { padding-right: 8px; }
          .classes, .bars, .parts, .front, .flips, .rows, .sources { min-width: 0; font-size: 12px; }
          .classes tr > :first-child { display: none; }
          .bars td:nth-child(3) { width: 24%; }
          .stacked, .stacked tbody, .stacked tr { display: block; width: auto; }
          .stacked thead { display: none; }
          .stacked tr { padding: 6px 0; border-bottom: 1px solid var(--line); }
          .stacked tr > * { padding: 1px 0; border-bottom: 0; text-align: left; white-space: normal; }
          .stacked tr > *, .stacked tr > :nth-child(n) { display: flex; gap: 0 8px; width: auto; }
          .stacked tr > td:empty { display: none; }
          .stacked tr > *::before { content: attr(data-title); flex: 0 0 112px; color: var(--soft); font-size: 12px; }
          .tiles { grid-template-columns: repeat(auto-fit, minmax(120px, 1fr)); }
        }
        @page { margin: 14mm; }
        @media print {
          :root {
            color-scheme: light;
            --paper: #ffffff; --card: #ffffff; --ink: #000000; --soft: #444444; --line: #cccccc; --edge: #777777;
            --accent: #0f6f7c; --good: #1b7a43; --bad: #b3261e; --open: #444444; --hit: #0f6f7c; --miss: #c23b32;
            --weights: #0f6f7c; --tables: #5f5bb5; --arena: #b86a12; --tokenizer: #7d8791; --clipped: #c2570c;
          }
          * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
          body, svg text { font-size: 11px; }
          .note, figcaption, .brand { font-size: 10px; }
          dt, .tile .name, .tile .unit, .tile .interval, .range dl, .margin, .code, .bars tbody th { font-size: 9px; }
          .tile .value { font-size: 17px; }
          header, main { max-width: none; padding: 0; }
          nav, #live { display: none; }
          section { border: 0; border-top: 1px solid var(--line); border-radius: 0; padding: 12px 0; }
          tr, figure, .verdict, .tile, .stacks { break-inside: avoid; }
          h2, h3, .note, thead { break-after: avoid; }
          tbody tr:first-child { break-before: avoid; }
          table { font-size: 10px; }
          .wide { overflow: visible; background: none; }
          .wide > table { min-width: 0; }
          .wide > svg { min-width: 0 !important; }
          .tiles { grid-template-columns: repeat(auto-fit, minmax(96px, 1fr)); }
          .pair, .trio, .ranges { grid-template-columns: repeat(2, 1fr); gap: 16px 24px; }
          .matrices { grid-template-columns: 1fr; }
        }
        """
}
