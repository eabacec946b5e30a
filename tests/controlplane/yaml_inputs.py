"""Files that readers of YAML read in different ways, or mend without a word, by what they are about."""

QUOTED = [
    'a: "1\\_000"\n', 'a: "\\N \\L \\P \\e \\a \\b \\v \\0"\n', 'a: "\\x41\\u00e9\\U0001F600"\n', 'a: "b\\/c"\n',
    'a: "\\ud83d\\ude00"\n', 'a: "\\ud83d"\n', 'a: "\\q"\n', 'a: "\\xZZ"\n', 'a: "b\\\n  c"\n', 'a: "b\\\n\n  \\ c"\n',
    "a: 'b\n\n'\n", "args:\n- 'a\n\n\n  '\n", "a: 'b\n\n\n  c\n\n'\n", 'a: "b\n\n\n  c\n\n  "\n', "a: '  b\n  c  '\n",
    "a: 'it''s'\n", 'a: "b\t\n\tc"\n', "a: ''\nb: \"\"\n", 'imagePullPolicy: "Always\nrestartPolicy: Never\n',
    "a: 'b\nc: d\n", 'a: "b"c\n', "a: 'b' # c\n", 'a: "b"# c\n', 'a: "\n', "a: 'b\n---c'\n", 'a: "b\n--- c"\n',
    'a: "b\n...\nc"\n', 'a: "b\n# c"\n', 'a: "b\r\n\r\n  c"\r\n', 'a: "\u0085 \u2028 \u2029 \u00a0 \ufeff"\n',
    '"a\nb": c\n', '"a" : b\n', "'a': b\n\"c\":d\n",
]
BLOCKS = [
    "a: |\n  b\n\n\n", "a: |+\n  b\n\n\n", "a: |-\n  b\n\n\n", "a: >\n  b\n  c\n\n  d\n   e\n\n", "a: >+\n  b\n\n\nc: d\n",
    "a: >-\n\n  b\n\n  c\n", "a: |2\n   b\n  c\n", "a: |1+\n  b\n\n", "a: |+1\n  b\n", "a: |0\n  b\n", "a: |10\n  b\n",
    "a: | # b\n  c\n", "a: |b\n  c\n", "a: |\n\n   b\n  c\n", "a: |\n    \n  b\n", "a: |\n  b", "a: |", "a: |+",
    "a: >\n\tb\n", "a: |\n  b\n # c\n  d\n", "a: |\n  b\n# c\n", "a: |\nb: c\n", "- |\n b\n-  >\n  c\n",
    "a: |\n  \u2028b\n  \u0085c\n", "a: |\n  b\r\n  c\r\n", "a: |\n  ---\n  ...\n", "a: |\n  b\n---\n",
]
PLAIN = [
    "a: b\nc:\n  d: e\n  resources", "a: b\nresources\n", "a\n", "a: b: c\n", "a: b\n  c: d\n", "a: b\n c\n d\n",
    "a: b\n\n\n c\n", "a: b #c\n", "a: b#c\n", "a:b\n", "a :b\n", "a: -\n", "a: ?\n", "a: @b\n", "a: `b\n", "a: %b\n",
    "a: -b\n", "a: ?b\n", "a: :b\n", "? a\n: b\n", "? a\n", "? [a]\n: b\n", "{a: b}: c\n", ": a\n", "a: b\n\tc: d\n",
    "a:\n\tb: c\n", "a:\tb\n", "-\ta\n", "a: b\t# c\n", "- a\n-b\n", "- a\nb: c\n", "a: [\n", "a: {b: c\n", "a: [b, c]]\n",
    "a: [b c, d,]\n", "a: [b,, c]\n", "a: {b, c: , : d}\n", "a: {b:c}\n", "a: {\"b\":c}\n", "a: [b?c]\n", "a: {b?: c}\n",
    "a: [http://b, c:d]\n", "a: [-]\n", "a: [- b]\n", "a: [b\n]\n", "a: {b: c\n}\n", "a: [b #c\n]\n", "a: [b: c]\n",
    "a: [? b : c]\n", "a: [{b: c}: d]\n", "a:\n- b\n", "a:\n  - b\n - c\n", "a:\n    b: c\n  d: e\n", "a: - b\n",
    "a:\n- - b\n  - c\n", "a: b\n c: d\n e\n", "a:\n  b:\n c: d\n", "\u00a0a: b\n", "a: \ufeffb\n", "a: \x7f\n",
    "a: \u0080\n", "a: \ufffe\n", f"{'k' * 1025}: a\n", f"? {'k' * 1025}\n: a\n",
]
VALUES = [
    "a: [yes, no, on, off, y, n, Y, N, True, FALSE, YES, yEs]\n", "a: [~, null, Null, nULL, '', ]\n",
    "a: [010, 08, 0o10, 0x1F, 0b11, -0b11, +1, -0, 1_000, _1, 1_, 0_8]\n",
    "a: [1e3, 1E3, 1.e3, .5, +.5, -.5e-3, 1., 1.5_0, 1e400, 0x1p3, 1__0.5]\n",
    "a: [18446744073709551615, 18446744073709551616, -9223372036854775809]\n", "a: .inf\n", "a: [-.INF]\n", "a: .nan\n",
    "a: [2001-01-01, 2001-01-01T00:00:00Z, 12:30, 12:30:45, 1.2.3]\n", "a: =\n", "a: <<\n", "yes: a\n1: b\n0x10: c\n",
    "~: a\n", "1.5: a\n", "18446744073709551615: a\n", "a: !!str 5\n", "a: !!str\n", "a: ! 5\n", "a: ! '5'\n", "a: !b 5\n",
    "a: !!int 5\n", "a: !!int b\n", "a: !!int '5'\n", "a: !!float 5\n", "a: !!bool yes\n", "a: !!null b\n",
    "a: !!binary aGk=\n", "a: !!binary '*'\n", "a: !!timestamp 2001-01-01\n", "a: !!map {b: c}\n", "a: !!seq [b]\n",
    "a: !!set {b}\n", "a: !b {c: d}\n", "a: !<tag:yaml.org,2002:str> 5\n", "a: !x!y z\n", "a: [!!str , b]\n",
    "a: [!!str b, c]\n", "a: {!!str b: c}\n", "a: !!seq {b: c}\n", "!!str a: b\n",
]
REPEATED = [
    "a: b\na: c\n", "a: b\n'a': c\n", "1: b\n'1': c\n", "yes: b\ntrue: c\n", "a: &b c\nd: *b\n", "a: *b\n", "a: &b [*b]\n",
    "a: &b c\nd: &b {e: *b}\n", "a: &b {c: d}\n<<: *b\n", "c: e\n<<: {c: d}\n", "<<: {c: d}\nc: e\n",
    "<<: [{c: d}, {c: e, f: g}]\n", "a: &b [{c: d}]\n<<: *b\n", "<<: 5\n", "<<: [5]\n", "<<:\n", "'<<': a\n",
    "! <<: {a: b}\n", "<<: {a: b}\n<<: {c: d}\n", "a: &b\nc: *b\n", "&a b: c\nd: *a\n", "&a {b: c}: d\n", "a: &b &c d\n",
    "a: *b c\n", "a: &b *c\n", "a: &b\n  c: d\ne: *b\n", "*a : b\n", "a: &b c\n*b : d\n", "a: &b {c: d}\n*b : e\n",
    "a: &a [b]\nc: &c [" + "*a, " * 99 + "*a]\nd: &d [" + "*c, " * 99 + "*c]\ne: [" + "*d, " * 99 + "*d]\n",
    "a: &a [b]\nc: [" + "*a, " * 2000 + "*a]\n",
]
FILES = [
    "", "\n", "# a\n", "---\n", "---", "--- \n---\n", "...\n", "---\n...\n", "a: b\n---\nc: d\n", "a: b\n--- # c\nd: e\n",
    "a: b\n---#c\nd: e\n", "a: b\n--- d\n", "--- {a: b}\n", "--- |\n  a\n", "a: b\n---\t\nc: d\n", "----: a\n",
    "a: b\n...\n", "a: b\n...\nc: d\n", "a: b\n...\n---\nc: d\n", "a: b\n... # c\n", "a: b\n...c\n", "...\na: b\n",
    "a: b\n...\n# c\n", "a: b\n...\n\"\n", "%YAML 1.1\n---\na: b\n", "%YAML 1.2\n---\na: b\n",
    "%TAG ! tag:a,2000:\n---\na: b\n", "%a\n", "---\n%YAML 1.1\na: b\n", "a: |\n  b\n%c: d\n", "\ufeffa: b\n",
    "\ufeff---\na: b\n", "\ufeff--- a\n", "a: b\n---\n\ufeffc: d\n", "a: b\n# \x7f\n", "# \u0080\n---\na: b\n",
    "a: b\n---\n# \ufeff\n", "null\n", "~\n", "5\n", "[a]\n", "[a]\nb: c\n", "{a: b}\n\n{c: d}\n", "{a: b} c\n",
    "{a: b} # c\n", '{"a":1}{"b":2}\n', '{"a":1}\n{"b":2}', '{"a":1}\n---\n{"b":2}\n', '{"a":1}{"b":2}\n---\n{"c":3}\n',
    '{"a":1}\n---\n{"b":2}{"c":3}\n', '# a\n{"a":1}{"b":2}\n', '---\n{"a":1}\n{"b":2}\n', '{"a":1}\nb: c\n', '{"a":1} 5\n',
    '{"a":1}\n# b\n', '{"a":1}{"b":2}\n# c\n', '{"a":"\\/"}\n', 'b: c\n---\n{"a":"\\/"}\n',
    'b: c\n---\n{"a":"\\ud83d\\ude00"}\n', '{"a":"\x7f"}\n', '---\n{"a":"\x7f"}\n', '{"a":1,"a":2}\n', '{"a":01}\n',
    '{"a":1,}\n', '{"a":\t1}\n', '---\n{\n\t"a":\t1\n}\n', '\ufeff{"a":1}{"b":2}\n', '---\n{"' + "k" * 1025 + '":1}\n',
    "a: b\r\n---\r\nc: d\r\n", "a: b\rc: d\n", "a: b\x00\n", "a: b\x0c\n", "[" * 129 + "]" * 129,
    "a: " + "[" * 127 + "]" * 127,
]
INPUTS = [*QUOTED, *BLOCKS, *PLAIN, *VALUES, *REPEATED, *FILES]
