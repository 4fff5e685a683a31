import sys

from mlplatform.command import main

sys.exit(main())
