#include "models/reading.h"

#include <math.h>
#include <stdio.h>

void fw_reading_of_task(struct fw_reading *out, int32_t number, const struct fw_task *task)
{
    *out = (struct fw_reading){.kind = task->kind == FW_TASK_BINARY ? FW_READ_PROBABILITY : FW_READ_NUMBER,
                               .output = number,
                               .other = -1,
                               .task = number,
                               .given = -1,
                               .served = true,
                               .judged = true};
    snprintf(out->name, sizeof out->name, "%s", task->name);
}

static double softplus(double x)
{
    return (x > 0 ? x : 0) + log1p(exp(-fabs(x)));
}

/* log of the product of two probabilities with these logits. */
static double log_product(double a, double b)
{
    return -softplus(-a) - softplus(-b);
}

double fw_reading_value(const struct fw_reading *reading, const float *outputs)
{
    double x = (double)outputs[reading->output];
    if (reading->kind == FW_READ_NUMBER)
        return x;
    if (reading->kind == FW_READ_PRODUCT)
        return exp(log_product(x, (double)outputs[reading->other]));
    return 1 / (1 + exp(-x));
}

float fw_reading_logit(const struct fw_reading *reading, const float *outputs)
{
    if (reading->kind != FW_READ_PRODUCT)
        return outputs[reading->output];
    double log_p = log_product((double)outputs[reading->output], (double)outputs[reading->other]);
    double miss = -expm1(log_p);
    return (float)(log_p - log(miss > 1e-300 ? miss : 1e-300));
}

float fw_reading_label(const struct fw_reading *reading, const float *labels)
{
    if (reading->given < 0 || labels[reading->given] > 0)
        return labels[reading->task];
    return reading->kind == FW_READ_PRODUCT && labels[reading->given] <= 0 ? 0 : NAN;
}
