"""Measures this package against the official `openai` package and bare httpx; see docs/performance.md."""
