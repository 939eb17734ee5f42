/* skm.c - see the header. */
#include "jemput/skm.h"

#include "jemput/text.h"

static const struct {
    enum jem_text name, question, choices[4];
} skm_elements[JEM_SKM_ELEMENTS] = {
#define SKM(u)                                                                         \
    {                                                                                  \
        JEM_T_SKM_##u##_NAME, JEM_T_SKM_##u,                                           \
        {                                                                              \
            JEM_T_SKM_##u##_1, JEM_T_SKM_##u##_2, JEM_T_SKM_##u##_3, JEM_T_SKM_##u##_4 \
        }                                                                              \
    }
    SKM(U1), SKM(U2), SKM(U3), SKM(U4), SKM(U5), SKM(U6), SKM(U7), SKM(U8), SKM(U9)
#undef SKM
};

bool jem_skm_add(struct jem_skm *skm, const int answers[JEM_SKM_ELEMENTS])
{
    for (size_t i = 0; i < JEM_SKM_ELEMENTS; i++)
        if (answers[i] < 1 || answers[i] > 4)
            return false;
    for (size_t i = 0; i < JEM_SKM_ELEMENTS; i++)
        skm->sum[i] += (uint64_t)answers[i];
    skm->n++;
    return true;
}

static uint64_t skm_round(uint64_t above, uint64_t below)
{
    return below == 0 ? 0 : (2 * above + below) / (2 * below);
}

unsigned jem_skm_nrr(const struct jem_skm *skm, size_t element)
{
    return element < JEM_SKM_ELEMENTS ? (unsigned)skm_round(100 * skm->sum[element], skm->n) : 0;
}

unsigned jem_skm_ikm(const struct jem_skm *skm)
{
    uint64_t all = 0;
    for (size_t i = 0; i < JEM_SKM_ELEMENTS; i++)
        all += skm->sum[i];
    return (unsigned)skm_round(2500 * all, JEM_SKM_ELEMENTS * skm->n);
}

char jem_skm_grade(unsigned ikm)
{
    return ikm >= 8831 ? 'A' : ikm >= 7661 ? 'B' : ikm >= 6500 ? 'C' : 'D';
}

/* 3.841 N / 4 / (0.0025 (N - 1) + 0.96025), in hundred-thousandths. */
uint64_t jem_skm_sample(uint64_t population)
{
    return population == 0 ? 0 : skm_round(96025 * population, 250 * (population - 1) + 96025);
}

const char *jem_skm_question(size_t element)
{
    return element < JEM_SKM_ELEMENTS ? jem_text(skm_elements[element].question) : "";
}

const char *jem_skm_choice(size_t element, int answer)
{
    return element < JEM_SKM_ELEMENTS && answer >= 1 && answer <= 4
               ? jem_text(skm_elements[element].choices[answer - 1])
               : "";
}

const char *jem_skm_name(size_t element)
{
    return element < JEM_SKM_ELEMENTS ? jem_text(skm_elements[element].name) : "";
}
