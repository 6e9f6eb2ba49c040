"""Reading, splicing and writing of manifests: values in, values out; no I/O, no clock."""
