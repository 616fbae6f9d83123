"""What is measured, in the order of the table. One file each; budgets are those of the design."""

from rows.alive import ALIVE
from rows.burst import BURST
from rows.crash import CRASH
from rows.flood import FLOOD
from rows.gap import GAP
from rows.guardian import GUARDIAN
from rows.idle import IDLE
from rows.ledger import LEDGER
from rows.memory import MEMORY
from rows.paced import PACED
from rows.ps import PS
from rows.restart import RESTART
from rows.start import START
from rows.status import STATUS

ROWS = (MEMORY, START, RESTART, BURST, CRASH, IDLE, PACED, FLOOD, STATUS, PS, ALIVE, GAP, LEDGER, GUARDIAN)
