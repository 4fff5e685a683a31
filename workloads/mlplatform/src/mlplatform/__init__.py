"""What training code tells the platform: versions, their gate, and what they were trained on."""
