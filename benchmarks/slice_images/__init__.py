"""MRI slices as PNG images with COCO annotations: an exporter, and simulated heads around the brain."""
