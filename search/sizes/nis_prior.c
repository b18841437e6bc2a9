/* What the looks at validation rows tell the controller before it has judged anything, and between. */
#include <math.h>

#include "search/sizes/nis_parts.h"

/* What the looks say, by feature: means, then how much they may be off. A first-order worth is not only as wrong as its
 * noise: half of itself is allowed for. */
void fw_nis_read_prior(struct fw_nis *nis)
{
    int64_t n_blocks = fw_embedding_space_blocks(nis->model->space);
    int32_t n = nis->choices.table.n_features;
    double mean = 0;
    fw_block_worth_get(nis->worth, nis->values, nis->values + n_blocks);
    for (int32_t f = 0; f < n; f++)
        mean += fabs(nis->values[nis->choices.block[f]]) / n;
    for (int32_t f = 0; f < n; f++) {
        int64_t block = nis->choices.block[f];
        nis->prior[f] = nis->values[block];
        nis->prior[n + f] = sqrt(nis->values[n_blocks + block] * nis->values[n_blocks + block] +
                                 0.25 * nis->values[block] * nis->values[block]) +
                            0.01 * mean + 1e-12;
    }
}
