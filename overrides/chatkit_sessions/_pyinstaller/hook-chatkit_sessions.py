"""What a frozen application needs beside the modules, which PyInstaller finds without help."""  # noqa: N999 # the name by which PyInstaller finds it

# PyInstaller has no types, and need not be installed.
# pyright: basic, reportMissingModuleSource=false, reportMissingImports=false

from PyInstaller.utils.hooks import collect_data_files  # type: ignore[import-not-found,import-untyped,unused-ignore]

# The document and its provenance, which the emulator and `--version` read.
datas = collect_data_files("chatkit_sessions") + collect_data_files("generated_client")
