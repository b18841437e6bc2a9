/* What the machine has left to give. */
#ifndef FW_CORE_MACHINE_H
#define FW_CORE_MACHINE_H

#include <stddef.h>

/* Bytes that can be taken without swapping: MemAvailable of the kernel, which does not know of limits on a group of
 * processes. SIZE_MAX when the machine does not say. */
size_t fw_machine_memory_available(void);

#endif
