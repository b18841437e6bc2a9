/* A prior that moves while the controller learns: what is known from elsewhere is measured anew each round. */
#include "search/controller/controller_critic_parts.h"
#include "search/controller/controller_parts.h"

void fw_critic_set_prior(struct fw_critic *critic, const double *prior, const double *scale)
{
    for (int32_t f = 0; f < critic->table->n_features; f++) {
        double shift = prior[f] - critic->prior[f];
        critic->anchor[f] += critic->state.anchor_gain * shift; /* the part of the gain that the anchor holds */
        critic->beta[f] += critic->state.gain * shift;
        critic->prior[f] = prior[f];
        critic->variance[f] = scale[f] * scale[f];
    }
    fw_critic_resume(critic); /* products of samples hang on the scales */
}

void fw_controller_set_prior(struct fw_controller *controller, const double *prior, const double *scale)
{
    fw_critic_set_prior(controller->critic, prior, scale);
}
