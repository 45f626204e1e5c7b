"""Krea's MCP server at `/mcp`: tools over the same world as REST.

`endpoint` is HTTP: who asks, and the SDK behind it. `tools` is the table of tools, `handlers` what each
of them does, `results` how an answer or a refusal looks. Only `sdk` imports the SDK, and only the first
request imports `sdk`.
"""
