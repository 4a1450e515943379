"""Go's text/template, as far as Prometheus's rules can use it: lexer, parser, execution, functions.

Names follow Go's packages (text/template, text/template/parse, fmt, strconv) and errors have their words, because what
an operator finds on the web about a message is about those. `fleet/rules/template.py` is the way in.
"""
