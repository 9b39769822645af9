"""Makes a release: everything that users download, from a commit alone.

``make release VERSION=x`` calls it. RELEASING.md describes what a person does,
docs/how-to/verify-release.md what users do with the files. Each module makes one kind of file.
"""
