"""Pages of the workbench that are plug-ins: what is made of the selected samples, as sentences and tables."""
