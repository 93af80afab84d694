# %% [markdown]
# # A toy
#
# {{badge}}
#
# {{table}}

# %% setup

# %% [markdown]
# ## Twice
#
# <details><summary>Hint</summary>What does "twice" mean?</details>

# %% gap="g99_double"
def double(x):
    """Return twice `x`."""
    ### BEGIN SOLUTION
    # 1. add the number to itself, whatever
    #    its sign is
    secret_sum = x + x
    # a remark that must not be released
    return secret_sum
    ### END SOLUTION


# %% check="g99_double"

# %%
double = yours("g99_double", double)
print("twice 4 is", double(4))


# %% gap="g99_area"
def area(width, height):
    """Return the area of a rectangle."""
    total = 0
    ### BEGIN SOLUTION
    # 1. once per row
    for _ in range(height):
        # 2. add the width
        total += width
    return total
    ### END SOLUTION


# %% check="g99_area"

# %%
import sys
import warnings

print("noise", file=sys.stderr)
warnings.warn("noise")
print("the end")

# %% [markdown]
# Why is an area never negative?

# %% [markdown] explain="g99_words"
# ### BEGIN SOLUTION
# Because lengths are not. *Rubric: 2 points for the reason.*
# ### END SOLUTION

# %% [markdown]
# {{checklist}}
