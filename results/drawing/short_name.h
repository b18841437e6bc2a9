/* Names of any origin and length for pictures, where each has so many columns and no more. */
#ifndef FW_RESULTS_SHORT_NAME_H
#define FW_RESULTS_SHORT_NAME_H

#define FW_SHORT_NAME_SIZE 256
#define FW_SHORT_NAME_MOST 48 /* columns */

/* Writes a name as a terminal may get it (fw_utf8_shown), cut to `most` columns (4 to FW_SHORT_NAME_MOST) with "..." as
 * the last three where it is longer. Characters are left whole. Returns the columns taken. */
int fw_short_name(char out[FW_SHORT_NAME_SIZE], const char *name, int most);

#endif
