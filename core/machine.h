/* What the machine has left to give, and how the program stands in it. */
#ifndef FW_CORE_MACHINE_H
#define FW_CORE_MACHINE_H

#include <stddef.h>

/* Bytes that can be taken without swapping: MemAvailable of the kernel, which does not know of limits on a group of
 * processes. SIZE_MAX when the machine does not say. */
size_t fw_machine_memory_available(void);

/* Starts the program once more with the environment as it is now, for what libraries read from it only when they are
 * loaded. Returns only when that cannot be. argv: as main got it; whatever is buffered or open must not matter. */
void fw_machine_restart(char **argv);

#endif
