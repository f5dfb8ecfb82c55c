{%- for line in module.head -%}
//{% if !line.is_empty() %} {% endif %}{{ line }}
{% endfor %}
`timescale 1ns / 1ps
`default_nettype none

module {{ module.name }}
{%- if !module.parameters.is_empty() %} #(
{%- for parameter in module.parameters %}
    parameter {{ parameter.name }} = {{ parameter.value }}{% if !loop.last %},{% endif %}  // {{ parameter.comment }}
{%- endfor %}
)
{%- endif %} (
{%- for port in module.ports %}
{%- if port.begins_group %}
{% endif %}
    {{ port.direction.keyword() }} wire {{ port.shape.range() }}{{ port.name }}{% if !loop.last %},{% endif %}
{%- endfor %}
);
{% for item in module.items %}
{%- match item %}
{%- when Item::Gap %}
{% when Item::Comment with (text) %}
    // {{ text }}
{%- when Item::Wires with { shape, names } %}
    wire {{ shape.range() }}{{ names.join(", ") }};
{%- when Item::Constant with (constant) %}
    localparam {{ constant.name }} = {{ constant.value }};  // {{ constant.comment }}
{%- when Item::Driven with { name, expression } %}
    wire {{ name }} = {{ expression }};
{%- when Item::Assigns with (pairs) %}
{%- let longest = self::width(pairs) %}
{%- for (to, from) in pairs %}
    assign {{ self::padded(to, longest) }} = {{ from }};
{%- endfor %}
{%- when Item::Instance with (instance) %}
    {{ instance.module }}
{%- if !instance.parameters.is_empty() %} #(
{%- let longest = self::width(instance.parameters) %}
{%- for (name, value) in instance.parameters %}
        .{{ self::padded(name, longest) }} ({{ value }}){% if !loop.last %},{% endif %}
{%- endfor %}
    )
{%- endif %} {{ instance.name }} (
{%- let longest = self::width(instance.pins) %}
{%- for (name, expression) in instance.pins %}
        .{{ self::padded(name, longest) }} ({{ expression }}){% if !loop.last %},{% endif %}
{%- endfor %}
    );
{%- endmatch %}
{%- endfor %}

endmodule

`resetall
