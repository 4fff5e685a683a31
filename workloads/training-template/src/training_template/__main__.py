import sys

from training_template.command import main

sys.exit(main())
