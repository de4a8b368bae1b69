"""Files that a bundle carries beside images: kubectl, Harbor's installer, models, data sets."""
